import { create } from '@bufbuild/protobuf';
import { sha256, toHex } from '@selvedge/crypto';
import { refusalCode } from '@selvedge/fixtures';
import { ContractSectionSchema, GuardKind } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { fetchedFacts } from './fetched-facts.js';
import { createSnapshot } from './snapshot.js';
import { dataEntry, entryId, guardEntry, legacyEntry, markerEntry } from './private-entries.js';

const [ledgerKey, guard, txId] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte)) as [Uint8Array, Uint8Array, Uint8Array];
const section = create(ContractSectionSchema, { contract: 'diamonds', guardsRead: [{ ownerSet: 'houses', dataset: 'a', guardKey: guard, kind: GuardKind.CONTENT, txId }] });
const hashes = new Map<string, Uint8Array | undefined>([[entryId(dataEntry('houses', ledgerKey)), sha256(txId)], [entryId(guardEntry('houses', guard)), sha256(txId)], [entryId(markerEntry(txId)), undefined]]);
const [legacyHash, otherHash] = ['stone-1', 'stone-2'].map((key) => sha256(Buffer.from(key))) as [Uint8Array, Uint8Array];
const legacyKeys = new Map([[toHex(legacyHash), 'stone-1'], [toHex(otherHash), 'stone-2']]);
hashes.set(entryId(legacyEntry('oldStones', 'stone-1')), sha256(txId));
const snapshot = createSnapshot({ contract: 'diamonds', reads: section, facts: fetchedFacts(new Map([['profile', txId], ['broker-root', undefined]])), legacyKeys, hashes });

describe('a snapshot', () => {
  it('shows what was fetched', () => {
    expect(snapshot.fact('profile')).toBe(txId);
    expect(snapshot.fact('broker-root')).toBeUndefined();
    expect(snapshot.version('diamonds', 'houses', 'a', ledgerKey)).toEqual(sha256(txId));
    expect(snapshot.guard('diamonds', 'houses', 'a', guard)).toEqual(txId);
    expect(snapshot.result(txId)).toBeUndefined();
    expect(snapshot.legacyHash!('diamonds', 'oldStones', legacyHash)).toEqual(sha256(txId));
  });

  it('gives no answer that is not in the transaction’s read set', () => {
    expect(refusalCode(() => snapshot.fact('contract/diamonds'))).toBe('INTERNAL');
    expect(refusalCode(() => snapshot.version('diamonds', 'houses', 'a', guard))).toBe('INTERNAL');
    expect(refusalCode(() => snapshot.guard('diamonds', 'houses', 'a', ledgerKey))).toBe('INTERNAL');
    expect(refusalCode(() => snapshot.result(guard))).toBe('INTERNAL');
    expect(refusalCode(() => snapshot.legacyHash!('diamonds', 'oldStones', otherHash))).toBe('INTERNAL');
    expect(refusalCode(() => snapshot.legacyHash!('diamonds', 'oldStones', txId))).toBe('INTERNAL');
    expect(refusalCode(() => snapshot.legacyHash!('emeralds', 'oldStones', legacyHash))).toBe('INTERNAL');
    expect(refusalCode(() => snapshot.version('emeralds', 'houses', 'a', ledgerKey))).toBe('INTERNAL');
    expect(refusalCode(() => snapshot.guard('emeralds', 'houses', 'a', guard))).toBe('INTERNAL');
  });

  it('knows without asking that no fact has a key that none can have', () => {
    expect(snapshot.fact('epoch/diamonds/0')).toBeUndefined();
    expect(snapshot.fact('revoked/node/a/../b')).toBeUndefined();
  });

  it('knows a guard only as the transaction that was expected, never by its hash', () => {
    const other = createSnapshot({ contract: 'diamonds', reads: section, facts: fetchedFacts(new Map()), legacyKeys, hashes: new Map([[entryId(guardEntry('houses', guard)), sha256(ledgerKey)]]) });
    expect(other.guard('diamonds', 'houses', 'a', guard)).not.toEqual(txId);
    expect(other.guard('diamonds', 'houses', 'a', guard)).not.toEqual(sha256(ledgerKey));
    // Nobody named a value: that there is one is all that shows.
    expect(other.guard('diamonds', 'houses', 'b', guard)!.length).toBeGreaterThan(0);
  });
});
