import { toHex } from '@selvedge/crypto';
import { describe, expect, it } from 'vitest';
import { computeTxId, contentGuardKey, membershipGuardKey, keyCommitment, policyRoot, profileDigest, rootBirthDigest, signing, statementDigest, unlockStatementDigest } from './digests.js';

const bytes = Buffer.from('the same bytes');

describe('labels of signatures and digests', () => {
  it('no two kinds of object sign the same bytes', () => {
    const inputs = [
      signing.request(bytes),
      signing.stateQuery(bytes),
      signing.ledgerView(bytes),
      signing.setDigest(bytes),
      signing.endorsement(bytes, new Uint8Array(0)),
      signing.receipt('', '', bytes, new Uint8Array(0), 0n),
      signing.block(bytes),
      signing.profile(bytes),
      signing.policyChange(bytes),
      signing.operator(bytes, '', new Uint8Array(0), new Uint8Array(0)),
      signing.replicaOperator(bytes, new Uint8Array(0), new Uint8Array(0)),
      signing.keyCommitments(bytes),
      signing.nameKeyCommitment(bytes),
      signing.standingReads(bytes),
      signing.commitStatement(bytes),
      signing.part(bytes),
      signing.historyHead(bytes),
      signing.auditEntry(bytes),
      signing.view(bytes),
      signing.viewAnswer(bytes, new Uint8Array(0), new Uint8Array(0)),
      signing.readerAdmission(bytes, new Uint8Array(0), new Uint8Array(0), new Uint8Array(0)),
      signing.ownerKeys(bytes),
      signing.consoleSignIn('', '', '', ''),
    ];
    expect(inputs).toHaveLength(Object.keys(signing).length);
    expect(new Set(inputs.map(toHex)).size).toBe(inputs.length);
  });

  it('no two digests of the same bytes are equal', () => {
    const purposes = ['data', 'name', 'random', 'gate', 'event'] as const;
    const digests = [profileDigest(bytes), statementDigest(bytes), unlockStatementDigest(bytes), rootBirthDigest(bytes), membershipGuardKey(bytes), contentGuardKey('a', 'b'), contentGuardKey('ab', ''), ...purposes.map((purpose) => keyCommitment(purpose, bytes))];
    expect(new Set(digests.map(toHex)).size).toBe(digests.length);
  });

  it('signatures over several parts do not move bytes between them', () => {
    expect(toHex(signing.endorsement(Buffer.from('ab'), Buffer.from('c')))).not.toBe(toHex(signing.endorsement(Buffer.from('a'), Buffer.from('bc'))));
    expect(toHex(signing.receipt('ab', 'c', bytes, bytes, 1n))).not.toBe(toHex(signing.receipt('a', 'bc', bytes, bytes, 1n)));
  });

  it('the policy root depends on every key and value', () => {
    const fact = (key: string, value: string): { key: string; value: Uint8Array } => ({ key, value: Buffer.from(value) });
    const roots = [[], [fact('a', '')], [fact('', 'a')], [fact('a', 'b')], [fact('ab', '')], [fact('a', 'b'), fact('c', 'd')], [fact('a', 'b'), fact('c', 'e')]].map(policyRoot);
    expect(new Set(roots.map(toHex)).size).toBe(roots.length);
  });

  it('the transaction id is Fabric’s: SHA-256 of nonce and creator', () => {
    expect(toHex(computeTxId(Buffer.from('a'), Buffer.from('bc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
