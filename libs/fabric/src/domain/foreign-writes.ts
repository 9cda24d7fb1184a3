import { isSelvedgeError } from '@selvedge/errors';
import { isOwnCollection } from './match-writes.js';
import { parseCollectionWrites, type CollectionWrites, type HashedWrite } from './write-set.js';

/** One hashed write in a collection that is not Selvedge's. */
export interface ForeignUpdate {
  readonly namespace: string;
  readonly collection: string;
  /** SHA-256 of the private key, 32 bytes. */
  readonly keyHash: Uint8Array;
  /** SHA-256 of the private value, 32 bytes; undefined: removed. */
  readonly valueHash: Uint8Array | undefined;
}

/** Fabric's own collections, one for each organisation: they have no definition that could be taken over. */
const IMPLICIT_COLLECTION_PREFIX = '_implicit_org_';
const HASH_BYTES = 32;
/** No value's: an entry whose hash in the block has another length is there on peers, and nobody can show its value. */
const NO_VALUES_HASH = new Uint8Array(HASH_BYTES);

/**
 * What a valid transaction writes in collections that a contract may take over one day: every explicit one but ours. Other chaincodes'
 * endorsers decide what stands there, so that what does not parse counts for nothing, at every follower alike. But what peers apply is applied
 * here: one odd write must not hide the others of its transaction.
 * @param results TxReadWriteSet bytes
 */
export function foreignUpdates(results: Uint8Array): ForeignUpdate[] {
  return writesOf(results).flatMap(({ namespace, collection, writes }) => writes.filter(isOfKey).map(({ keyHash, valueHash }) => ({ namespace, collection, keyHash, valueHash: valueHash && standingHash(valueHash) })));
}

/** No key has a hash of another length: peers find nothing under it. */
function isOfKey({ keyHash }: HashedWrite): boolean {
  return keyHash.length === HASH_BYTES;
}

function standingHash(valueHash: Uint8Array): Uint8Array {
  return valueHash.length === HASH_BYTES ? valueHash : NO_VALUES_HASH;
}

function isForeign(collection: string): boolean {
  return !isOwnCollection(collection) && !collection.startsWith(IMPLICIT_COLLECTION_PREFIX);
}

function writesOf(results: Uint8Array): CollectionWrites[] {
  try {
    return parseCollectionWrites(results, isForeign);
  } catch (error) {
    if (!isSelvedgeError(error)) throw error;
    return [];
  }
}
