import { entryMark, keyPolicyMark } from '@selvedge/protocol';
import { expect, it } from 'vitest';
import { MARKER_COLLECTION } from '../names.js';
import { marksOfEntries } from './changed-entries.js';
import { entryKeyHash, guardKeyHash, policyKeyHash } from './key-hashes.js';

const key = new Uint8Array(32).fill(7);
const written = (keyHash: Uint8Array, isBeside: boolean, keyPolicy?: Uint8Array, collection = 'selvedge_o'): Parameters<typeof marksOfEntries>[0][number] => ({ namespace: 'c', collection, keyHash, isBeside, keyPolicy });

it('a transaction changes entries and policies, named by its response or not, as on the embedded ledger', () => {
  expect(marksOfEntries([written(entryKeyHash(key), false)])).toEqual([entryMark('c', 'o', key)]);
  expect(marksOfEntries([written(policyKeyHash(key), true, new Uint8Array(0))])).toEqual([keyPolicyMark('c', 'o', key)]);
  // The response names neither: each may be either.
  expect(marksOfEntries([written(policyKeyHash(key), false)])).toEqual([keyPolicyMark('c', 'o', key)]);
  expect(marksOfEntries([written(policyKeyHash(key), false, new Uint8Array(0))])).toEqual([keyPolicyMark('c', 'o', key)]);
  expect(marksOfEntries([written(guardKeyHash(key), true), written(entryKeyHash(key), false, undefined, MARKER_COLLECTION)])).toEqual([]);
});
