import { equalBytes, sha256 } from '@selvedge/crypto';
import { requireLength } from '@selvedge/protocol';
import { WireMessage } from './wire.js';

/** Name of a key's policy among its metadata (peer.MetaDataKeys). */
const VALIDATION_PARAMETER = 'VALIDATION_PARAMETER';
/** Peers take a write of an empty value for a removal (rwsetutil.IsKVWriteHashDelete), as older ones wrote it. */
const EMPTY_VALUE_HASH = sha256(new Uint8Array(0));

/** A key's read, by hash. */
export interface HashedRead {
  /** SHA-256 of the key, 32 bytes. */
  readonly keyHash: Uint8Array;
  /** false: it was read as absent. */
  readonly isPresent: boolean;
}

/** A key's write, by hash. */
export interface HashedWrite {
  /** SHA-256 of the key, 32 bytes. */
  readonly keyHash: Uint8Array;
  /** SHA-256 of the value, 32 bytes; undefined: the key is removed. */
  readonly valueHash: Uint8Array | undefined;
  /** Removed from every peer's history too. */
  readonly isPurge: boolean;
}

/** A key's validation parameter that is set, by hash of the key. */
export interface PolicyWrite {
  /** SHA-256 of the key, 32 bytes. */
  readonly keyHash: Uint8Array;
  /** SignaturePolicyEnvelope bytes; empty: none from now on. undefined: other metadata. */
  readonly policy: Uint8Array | undefined;
}

/** What a transaction read and wrote in one collection. */
export interface CollectionSet {
  readonly collection: string;
  readonly reads: readonly HashedRead[];
  readonly writes: readonly HashedWrite[];
  readonly policyWrites: readonly PolicyWrite[];
}

/** A public write; without a value the key is removed. */
export interface PublicWrite {
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

/** What a transaction read and wrote in one chaincode's namespace. */
export interface NamespaceSet {
  readonly namespace: string;
  readonly publicWrites: readonly PublicWrite[];
  readonly collections: readonly CollectionSet[];
}

/** Which namespaces are wanted; the others are not parsed. */
export type NamespaceFilter = (namespace: string, collections: readonly string[]) => boolean;

/** Parses TxReadWriteSet bytes. Throws MALFORMED_MESSAGE or LIMIT_EXCEEDED. */
export function parseWriteSet(results: Uint8Array, isWanted: NamespaceFilter): NamespaceSet[] {
  return new WireMessage(results).all(2).flatMap((bytes) => {
    const set = new WireMessage(bytes);
    const namespace = set.text(1);
    const collections = set.all(3).map((collection) => new WireMessage(collection));
    if (!isWanted(namespace, collections.map((collection) => collection.text(1)))) return [];
    return [{ namespace, publicWrites: new WireMessage(set.bytes(2)).all(3).map(parsePublicWrite), collections: collections.map(parseCollection) }];
  });
}

/** What a transaction writes in one collection; hashes of any length, which Fabric does not check either. */
export interface CollectionWrites {
  readonly namespace: string;
  readonly collection: string;
  readonly writes: readonly HashedWrite[];
}

/** Parses what TxReadWriteSet bytes write in collections, and nothing beside it. Throws MALFORMED_MESSAGE or LIMIT_EXCEEDED. */
export function parseCollectionWrites(results: Uint8Array, isWanted: (collection: string) => boolean): CollectionWrites[] {
  return new WireMessage(results).all(2).flatMap((bytes) => {
    const set = new WireMessage(bytes);
    const collections = set.all(3).map((collection) => new WireMessage(collection)).filter((collection) => isWanted(collection.text(1)));
    return collections.map((collection) => ({ namespace: set.text(1), collection: collection.text(1), writes: new WireMessage(collection.bytes(2)).all(2).map(parseWrite) }));
  });
}

function parsePublicWrite(bytes: Uint8Array): PublicWrite {
  const write = new WireMessage(bytes);
  return { key: write.text(1), value: write.flag(2) ? undefined : write.bytes(3) };
}

function parseCollection(collection: WireMessage): CollectionSet {
  const set = new WireMessage(collection.bytes(2));
  return { collection: collection.text(1), reads: set.all(1).map(parseRead), writes: set.all(2).map(parseOwnWrite), policyWrites: set.all(3).map(parsePolicyWrite) };
}

function parseRead(bytes: Uint8Array): HashedRead {
  const read = new WireMessage(bytes);
  const keyHash = read.bytes(1);
  requireLength('key_hash', keyHash, 32);
  return { keyHash, isPresent: read.has(2) };
}

/** kvrwset.KVMetadataWriteHash */
function parsePolicyWrite(bytes: Uint8Array): PolicyWrite {
  const write = new WireMessage(bytes);
  const keyHash = write.bytes(1);
  requireLength('key_hash', keyHash, 32);
  const entries = write.all(2).map((entry) => new WireMessage(entry));
  const [only] = entries;
  const isPolicy = entries.length === 1 && only?.text(1) === VALIDATION_PARAMETER;
  return { keyHash, policy: isPolicy ? only.bytes(2) : undefined };
}

function parseOwnWrite(bytes: Uint8Array): HashedWrite {
  const write = parseWrite(bytes);
  requireLength('key_hash', write.keyHash, 32);
  if (write.valueHash !== undefined) requireLength('value_hash', write.valueHash, 32);
  return write;
}

/** kvrwset.KVWriteHash, as peers apply it */
function parseWrite(bytes: Uint8Array): HashedWrite {
  const write = new WireMessage(bytes);
  const [keyHash, valueHash] = [write.bytes(1), write.bytes(3)];
  const isRemoval = write.flag(2) || valueHash.length === 0 || equalBytes(valueHash, EMPTY_VALUE_HASH);
  return { keyHash, valueHash: isRemoval ? undefined : valueHash, isPurge: write.flag(4) };
}
