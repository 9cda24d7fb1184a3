import { changeMark } from '@selvedge/protocol';
import { ownerSetOf } from '../names.js';
import type { EntryUpdate } from './match-writes.js';

/** Marks of the entries and key policies that a transaction changed. Guards, touches and markers are none; what no response names may be one. */
export function marksOfEntries(entries: readonly Pick<EntryUpdate, 'namespace' | 'collection' | 'keyHash' | 'keyPolicy' | 'isBeside'>[]): Uint8Array[] {
  return entries.flatMap(({ namespace, collection, keyHash, keyPolicy, isBeside }) => {
    const ownerSet = ownerSetOf(collection);
    return ownerSet === undefined || (isBeside && keyPolicy === undefined) ? [] : [changeMark(namespace, ownerSet, keyHash)];
  });
}
