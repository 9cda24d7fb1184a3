import { describe, expect, it } from 'vitest';
import { sha256 } from '@selvedge/crypto';
import { parseFactKey } from './fact-keys.js';
import { CHANNEL_EPOCH, factHash, facts, isEpochUsable, type FactReader } from './facts.js';
import { refusal } from './testdata/refusal.js';

const reader = (...keys: string[]): FactReader => ({ fact: (key) => (keys.includes(key) ? new Uint8Array([1]) : undefined) });

describe('isEpochUsable', () => {
  const [one, two, three] = [facts.epoch('c', 1n), facts.epoch('c', 2n), facts.epoch('c', 3n)];

  it('admits the current epoch and the one before it', () => {
    expect(isEpochUsable(reader(one), 'c', 1n)).toBe('usable');
    expect(isEpochUsable(reader(one, two), 'c', 1n)).toBe('usable');
    expect(isEpochUsable(reader(one, two), 'c', 2n)).toBe('usable');
  });

  it('refuses older, unrecorded and revoked ones', () => {
    expect(isEpochUsable(reader(one, two, three), 'c', 1n)).toBe('retired');
    expect(isEpochUsable(reader(one, two), 'c', 3n)).toBe('unknown');
    expect(isEpochUsable(reader(one), 'c', 0n)).toBe('unknown');
    expect(isEpochUsable(reader(one), 'd', 1n)).toBe('unknown');
    expect(isEpochUsable(reader(one, facts.revokedEpoch('c', 1n)), 'c', 1n)).toBe('revoked');
    expect(isEpochUsable(reader(one, two, three, facts.revokedEpoch('c', 1n)), 'c', 1n)).toBe('revoked');
  });
});

describe('factHash', () => {
  it('tells absent, empty and present apart', () => {
    expect(factHash(undefined)).toEqual(new Uint8Array(0));
    expect(factHash(new Uint8Array(0))).toEqual(sha256(new Uint8Array(0)));
    expect(factHash(new Uint8Array([1]))).toEqual(sha256(new Uint8Array([1])));
  });
});

describe('parseFactKey', () => {
  it('takes apart every key that facts makes', () => {
    expect(parseFactKey(facts.profile)).toEqual({ kind: 'profile' });
    expect(parseFactKey(facts.brokerRoot)).toEqual({ kind: 'broker-root' });
    expect(parseFactKey(facts.contract('dia-monds_1'))).toEqual({ kind: 'contract', name: 'dia-monds_1' });
    expect(parseFactKey(facts.epoch('diamonds', 12n))).toEqual({ kind: 'epoch', contract: 'diamonds', epoch: 12n });
    expect(parseFactKey(facts.epoch(CHANNEL_EPOCH, 1n))).toEqual({ kind: 'epoch', contract: CHANNEL_EPOCH, epoch: 1n });
    expect(parseFactKey(facts.revokedEpoch('diamonds', 3n))).toEqual({ kind: 'revoked-epoch', contract: 'diamonds', epoch: 3n });
    expect(parseFactKey(facts.revokedNode('compute-1.org1'))).toEqual({ kind: 'revoked-node' });
    expect(parseFactKey(facts.revokedPlatform(new Uint8Array([0, 0xab])))).toEqual({ kind: 'revoked-platform' });
    expect(parseFactKey(facts.revokedMeasurement(new Uint8Array(48)))).toEqual({ kind: 'revoked-measurement' });
  });

  it.each([
    '', 'profiles', 'profile/', 'broker-root/1', 'contract', 'contract/', 'contract/a/b', 'contract/-a', 'contract/@channel', 'contract/a b',
    'epoch/diamonds', 'epoch/diamonds/0', 'epoch/diamonds/01', 'epoch/diamonds/1/2', 'epoch/diamonds/x', 'epoch/@other/1', 'epoch//1', 'epoch/diamonds/99999999999999999999',
    'revoked', 'revoked/node', 'revoked/node/', 'revoked/node/a/b', 'revoked/platform/AB', 'revoked/platform/abc', 'revoked/measurement/', 'revoked/epoch/diamonds', 'revoked/key/1',
  ])('refuses %j', (key) => {
    expect(refusal(() => parseFactKey(key))).toMatch(/^POLICY_MALFORMED: .*no fact has this key/);
  });
});
