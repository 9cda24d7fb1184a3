import { equalBytes, sha256 } from '@selvedge/crypto';
import { isSelvedgeError } from '@selvedge/errors';
import type { ContractSection, WriteEntry } from '@selvedge/protocol';
import { collectionOf, MARKER_COLLECTION, ownerSetOf } from '../names.js';
import type { EndorsedResponse } from './endorsed-response.js';
import { entryKeyHash, guardKeyHash, MARKER_VALUE_HASH, markerKeyHash, placeText } from './key-hashes.js';
import type { HashedWrite, NamespaceSet } from './write-set.js';

/** One hashed write in a collection of ours, and what the response says it is. */
export interface EntryUpdate {
  readonly namespace: string;
  readonly collection: string;
  /** SHA-256 of the private key, 32 bytes. */
  readonly keyHash: Uint8Array;
  /** SHA-256 of the private value, 32 bytes; undefined: removed. */
  readonly valueHash: Uint8Array | undefined;
  /** The core's write that it is; undefined: a guard, a marker, or one that the response does not name. */
  readonly write: WriteEntry | undefined;
  /** The transaction that a guard names from now on, 32 bytes; undefined: not a guard that the response names. */
  readonly guardTxId: Uint8Array | undefined;
}

/** A transaction's writes, and whether its response names them all and nothing more. */
export interface MatchedWrites {
  readonly entries: readonly EntryUpdate[];
  /** The first difference; undefined: none. */
  readonly mismatch: string | undefined;
  /** The marker of the response's transaction id is written: endorsed under the contract's own policy. */
  readonly hasMarker: boolean;
}

interface Expected extends HashedWrite {
  readonly write?: WriteEntry;
  readonly guardTxId?: Uint8Array;
  readonly isMarker?: boolean;
}

/** Whether a collection is an owner set's or the markers'. */
export function isOwnCollection(collection: string): boolean {
  return collection === MARKER_COLLECTION || ownerSetOf(collection) !== undefined;
}

/**
 * Holds a response against the hashed read-write set. The write set is the truth: what the response does not name is
 * listed all the same. response: undefined when it did not parse.
 */
export function matchWrites(response: EndorsedResponse | undefined, sets: readonly NamespaceSet[]): MatchedWrites {
  const expected = new Map(response?.cores.flatMap((core) => core.sections.flatMap((section) => sectionWrites(section, response.txId))));
  let mismatch = response === undefined ? 'the response is not an endorsement' : undefined;
  let hasMarker = false;
  const differ = (why: string): void => {
    mismatch ??= why;
  };
  const entries: EntryUpdate[] = [];
  for (const { namespace, publicWrites, collections } of sets) {
    if (publicWrites.length > 0) differ('public state is written');
    for (const { collection, writes } of collections) {
      if (!isOwnCollection(collection)) {
        if (writes.length > 0) differ('a collection that is no owner set’s is written');
        continue;
      }
      for (const { keyHash, valueHash, isPurge } of writes) {
        const place = placeText(namespace, collection, keyHash);
        const named = expected.get(place);
        const isNamed = named?.isPurge === isPurge && isSame(named.valueHash, valueHash);
        if (isNamed) expected.delete(place);
        else differ(named === undefined ? 'a write is not in the response' : 'a write differs from the response');
        if (isNamed && named.isMarker === true) hasMarker = true;
        entries.push({ namespace, collection, keyHash, valueHash, write: isNamed ? named.write : undefined, guardTxId: isNamed ? named.guardTxId : undefined });
      }
    }
  }
  if (expected.size > 0) differ('the response names a write that was not made');
  if (response !== undefined && !areReadsCovered(response, sets)) differ('the response names a read that was not made');
  return { entries, mismatch, hasMarker };
}

function sectionWrites({ contract, writes, guardsWritten }: ContractSection, txId: Uint8Array): [string, Expected][] {
  const guardHash = sha256(txId);
  const marker = markerKeyHash(txId);
  return [
    ...writes.map((write): [string, Expected] => {
      const keyHash = entryKeyHash(write.ledgerKey);
      const valueHash = write.effect.case === 'packetHash' ? write.effect.value : undefined;
      return [placeText(contract, collectionText(write.ownerSet), keyHash), { keyHash, valueHash, isPurge: write.effect.case === 'purge', write }];
    }),
    ...guardsWritten.map((guard): [string, Expected] => {
      const keyHash = guardKeyHash(guard.guardKey);
      return [placeText(contract, collectionText(guard.ownerSet), keyHash), { keyHash, valueHash: guardHash, isPurge: false, guardTxId: txId }];
    }),
    [placeText(contract, MARKER_COLLECTION, marker), { keyHash: marker, valueHash: MARKER_VALUE_HASH, isPurge: false, isMarker: true }],
  ];
}

/** Every read that the response names must be in the read set: Fabric checks nothing else at commit. */
function areReadsCovered({ cores, txId }: EndorsedResponse, sets: readonly NamespaceSet[]): boolean {
  const made = new Map(
    sets.flatMap(({ namespace, collections }) => collections.flatMap(({ collection, reads }) => reads.map((read) => [placeText(namespace, collection, read.keyHash), read.isPresent] as const))),
  );
  return cores
    .flatMap((core) => core.sections)
    .every(
      ({ contract, reads, guardsRead }) =>
        made.get(placeText(contract, MARKER_COLLECTION, markerKeyHash(txId))) === false &&
        reads.every((read) => made.get(placeText(contract, collectionText(read.ownerSet), entryKeyHash(read.ledgerKey))) === read.packetHash.length > 0) &&
        guardsRead.every((guard) => made.get(placeText(contract, collectionText(guard.ownerSet), guardKeyHash(guard.guardKey))) === guard.txId.length > 0),
    );
}

/** A name that no collection can have is found nowhere. */
function collectionText(ownerSet: string): string {
  try {
    return collectionOf(ownerSet);
  } catch (error) {
    if (!isSelvedgeError(error)) throw error;
    return '';
  }
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b);
}
