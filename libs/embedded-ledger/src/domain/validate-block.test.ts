import { describe, expect, it } from 'vitest';
import type { Profile } from '@selvedge/policy';
import { ValidationCode } from '@selvedge/protocol';
import { nextCommitHash, verifyGenesis, type BlockVerdict } from './validate-block.js';
import { NO_UPDATES, type Verdict } from './verdict.js';

const verdict = (code: ValidationCode): Verdict => ({ code, reason: undefined, txIds: [], endorsed: undefined, updates: NO_UPDATES, profile: undefined });
const profileOf = (mark: number): Profile => ({ digest: new Uint8Array(32).fill(mark) }) as Profile;

describe('verifyGenesis', () => {
  const anchor = profileOf(1);
  const good: BlockVerdict = { verdicts: [verdict(ValidationCode.VALID)], factUpdates: [{ key: 'profile', value: new Uint8Array(1) }], profile: profileOf(1) };

  it('takes a block that sets the trusted profile', () => {
    verifyGenesis(good, anchor);
  });

  it.each<[string, Partial<BlockVerdict>, string]>([
    ['no transaction', { verdicts: [] }, 'exactly one transaction'],
    ['two transactions', { verdicts: [...good.verdicts, ...good.verdicts] }, 'exactly one transaction'],
    ['a transaction that is not valid', { verdicts: [verdict(ValidationCode.MVCC_READ_CONFLICT)] }, 'not valid'],
    ['no fact', { factUpdates: [] }, 'alone'],
    ['another fact', { factUpdates: [{ key: 'broker-root', value: new Uint8Array(1) }] }, 'alone'],
    ['a fact more', { factUpdates: [...good.factUpdates, { key: 'broker-root', value: new Uint8Array(1) }] }, 'alone'],
    ['another profile', { profile: profileOf(2) }, 'another network profile'],
  ])('refuses %s', (_, change, why) => {
    expect(() => { verifyGenesis({ ...good, ...change }, anchor); }).toThrow(expect.objectContaining({ code: 'LEDGER_CORRUPT' }));
    expect(() => { verifyGenesis({ ...good, ...change }, anchor); }).toThrow(why);
  });
});

describe('nextCommitHash', () => {
  it('differs by the past, the block and each verdict', () => {
    const [a, b] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const valid = [verdict(ValidationCode.VALID)];
    const hashes = [nextCommitHash(a, a, valid), nextCommitHash(b, a, valid), nextCommitHash(a, b, valid), nextCommitHash(a, a, [verdict(ValidationCode.DUPLICATE_TXID)]), nextCommitHash(a, a, [])];
    expect(new Set(hashes.map((hash) => Buffer.from(hash).toString('hex'))).size).toBe(hashes.length);
  });
});
