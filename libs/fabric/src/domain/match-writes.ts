import { equalBytes, sha256 } from '@selvedge/crypto';
import { isSelvedgeError } from '@selvedge/errors';
import { keepsKeyPolicies, type FactReader } from '@selvedge/policy';
import { keyPolicyAfter, type WriteEntry } from '@selvedge/protocol';
import { collectionOf, MARKER_COLLECTION, ownerSetOf } from '../names.js';
import type { EndorsedResponse } from './endorsed-response.js';
import { contractsOfItems, ledgerReadsOfItems, writesOfItems, type ContractWrites, type MadeBy } from './item-writes.js';
import { entryKeyHash, guardKeyHash, MARKER_VALUE_HASH, markerKeyHash, OWNERS_TOUCH_KEY_HASH, placeText, policyKeyHash } from './key-hashes.js';
import { peersKeyPolicy } from './peers-key-policy.js';
import { recordedContract } from './recorded-contract.js';
import type { HashedWrite, NamespaceSet } from './write-set.js';

/** One hashed write in a collection of ours, and what the response says it is. */
export interface EntryUpdate {
  readonly namespace: string;
  readonly collection: string;
  /** SHA-256 of the private key, 32 bytes. */
  readonly keyHash: Uint8Array;
  /** SHA-256 of the private value, 32 bytes; undefined: removed. */
  readonly valueHash: Uint8Array | undefined;
  /** The core's write that it is; undefined: it stands beside an entry, or the response does not name it. */
  readonly write: WriteEntry | undefined;
  /** Transaction and time of a write that the response names. */
  readonly made: MadeBy | undefined;
  /** The policy of its own that an entry has from now on, where this is that policy's place; undefined otherwise. */
  readonly keyPolicy: Uint8Array | undefined;
  /** The transaction that a guard names from now on, 32 bytes; undefined: not a guard that the response names. */
  readonly guardTxId: Uint8Array | undefined;
  /** The response names it, and it is no entry: a guard, a policy, a touch, a marker. */
  readonly isBeside: boolean;
}

/** A transaction's writes, and whether its response names them all and nothing more. */
export interface MatchedWrites {
  readonly entries: readonly EntryUpdate[];
  /** The first difference; undefined: none. */
  readonly mismatch: string | undefined;
  /** The marker of each of the response's transaction ids is written for every contract that its item touches: endorsed under the policy of each. */
  readonly hasMarkers: boolean;
}

interface Expected extends HashedWrite {
  readonly write?: WriteEntry;
  readonly made?: MadeBy;
  readonly keyPolicy?: Uint8Array;
  readonly guardTxId?: Uint8Array;
  readonly isMarker?: boolean;
  /** The entry of a collection that is taken over, removed with the first write of its key. */
  readonly isLegacy?: boolean;
}

/** Whether a collection is an owner set's or the markers'. */
export function isOwnCollection(collection: string): boolean {
  return collection === MARKER_COLLECTION || ownerSetOf(collection) !== undefined;
}

/**
 * Holds a response against the hashed read-write set. The write set is the truth: what the response does not name is
 * listed all the same. response: undefined when it did not parse. reader: the contracts' policies.
 */
export function matchWrites(response: EndorsedResponse | undefined, sets: readonly NamespaceSet[], reader: FactReader): MatchedWrites {
  const keeps = (contract: string): boolean => keepsPolicies(reader, contract);
  const cores = response?.cores ?? [];
  const contracts = contractsOfItems(cores).map((contract) => writesOfItems(cores, contract, keeps(contract)));
  const expected = new Map(contracts.flatMap((contract) => contractWrites(contract, keeps(contract.contract))));
  let mismatch = response === undefined ? 'the response is not an endorsement' : contracts.find(({ conflict }) => conflict !== undefined)?.conflict;
  let markers = 0;
  const differ = (why: string): void => {
    mismatch ??= why;
  };
  const entries: EntryUpdate[] = [];
  for (const { namespace, publicWrites, collections } of sets) {
    if (publicWrites.length > 0) differ('public state is written');
    for (const { collection, writes } of collections) {
      if (!isOwnCollection(collection)) {
        for (const { keyHash, valueHash, isPurge } of writes) {
          const place = placeText(namespace, collection, keyHash);
          const named = expected.get(place);
          const isNamed = named?.isLegacy === true && named.isPurge === isPurge && valueHash === undefined;
          if (isNamed) expected.delete(place);
          else differ('a collection that is no owner set’s is written');
        }
        continue;
      }
      for (const { keyHash, valueHash, isPurge } of writes) {
        const place = placeText(namespace, collection, keyHash);
        const named = expected.get(place);
        const isNamed = named?.isPurge === isPurge && isSame(named.valueHash, valueHash);
        if (isNamed) expected.delete(place);
        else differ(named === undefined ? 'a write is not in the response' : 'a write differs from the response');
        if (isNamed && named.isMarker === true) markers += 1;
        entries.push({ namespace, collection, keyHash, valueHash, write: isNamed ? named.write : undefined, made: isNamed ? named.made : undefined, keyPolicy: isNamed ? named.keyPolicy : undefined, guardTxId: isNamed ? named.guardTxId : undefined, isBeside: isNamed && named.write === undefined });
      }
    }
  }
  if (!arePoliciesSet(contracts, sets, reader)) differ('the policies that are set for keys differ from the response');
  if (expected.size > 0) differ('the response names a write that was not made');
  if (response !== undefined && !areReadsCovered(response, contracts, sets)) differ('the response names a read that was not made');
  const named = contracts.reduce((sum, { txIds }) => sum + txIds.length, 0);
  return { entries, mismatch, hasMarkers: named > 0 && markers === named };
}

function keepsPolicies(reader: FactReader, contract: string): boolean {
  const policy = recordedContract(reader, contract);
  return policy !== undefined && keepsKeyPolicies(policy);
}

function contractWrites({ contract, writes, guards, ownerSets, txIds }: ContractWrites, keeps: boolean): [string, Expected][] {
  return [
    ...(keeps ? policyPlaces({ contract, writes, ownerSets }) : []),
    ...writes.filter(({ effect }) => effect.case !== 'keep').map((write): [string, Expected] => {
      const keyHash = entryKeyHash(write.ledgerKey);
      const valueHash = write.effect.case === 'packetHash' ? write.effect.value : undefined;
      return [placeText(contract, collectionText(write.ownerSet), keyHash), { keyHash, valueHash, isPurge: write.effect.case === 'purge', write, made: write.made }];
    }),
    // Nothing in a collection of ours is a legacy entry: a packet that goes is named as what it is.
    ...writes.filter(({ dataset, legacyKeyHash }) => legacyKeyHash.length > 0 && !isOwnCollection(dataset)).map(({ dataset, legacyKeyHash: keyHash, effect }): [string, Expected] => {
      return [placeText(contract, dataset, keyHash), { keyHash, valueHash: undefined, isPurge: effect.case === 'purge', isLegacy: true }];
    }),
    ...guards.map(({ ownerSet, guardKey, txId }): [string, Expected] => {
      const keyHash = guardKeyHash(guardKey);
      return [placeText(contract, collectionText(ownerSet), keyHash), { keyHash, valueHash: sha256(txId), isPurge: false, guardTxId: txId }];
    }),
    ...txIds.map((txId): [string, Expected] => {
      const keyHash = markerKeyHash(txId);
      return [placeText(contract, MARKER_COLLECTION, keyHash), { keyHash, valueHash: MARKER_VALUE_HASH, isPurge: false, isMarker: true }];
    }),
  ];
}

/** Where keys may have policies: each policy that is set or ends with its key, and a touch of each owner set that is written. */
function policyPlaces({ contract, writes, ownerSets }: Pick<ContractWrites, 'contract' | 'writes' | 'ownerSets'>): [string, Expected][] {
  const policies = writes.flatMap((write): [string, Expected][] => {
    const policy = keyPolicyAfter(write);
    if (policy === 'kept') return [];
    const keyHash = policyKeyHash(write.ledgerKey);
    return [[placeText(contract, collectionText(write.ownerSet), keyHash), { keyHash, valueHash: policy.length === 0 ? undefined : sha256(policy), isPurge: false, keyPolicy: policy }]];
  });
  const touches = ownerSets.map(({ ownerSet, txId }): [string, Expected] => {
    return [placeText(contract, collectionText(ownerSet), OWNERS_TOUCH_KEY_HASH), { keyHash: OWNERS_TOUCH_KEY_HASH, valueHash: sha256(txId), isPurge: false }];
  });
  return [...policies, ...touches];
}

/** The policies that peers will hold keys to must be exactly those that the response names, mapped. */
function arePoliciesSet(contracts: readonly ContractWrites[], sets: readonly NamespaceSet[], reader: FactReader): boolean {
  const set = new Map(
    sets.flatMap(({ namespace, collections }) => collections.flatMap(({ collection, policyWrites }) => policyWrites.map(({ keyHash, policy }) => [placeText(namespace, collection, keyHash), policy] as const))),
  );
  const named = contracts.flatMap(({ contract, writes }) => writes.flatMap((write) => (write.keyPolicy === undefined ? [] : [{ contract, ...write, keyPolicy: write.keyPolicy }])));
  return (
    set.size === named.length &&
    named.every(({ contract, ownerSet, ledgerKey, keyPolicy }) => {
      const policy = recordedContract(reader, contract);
      return policy !== undefined && isSame(set.get(placeText(contract, collectionText(ownerSet), entryKeyHash(ledgerKey))), peersKeyPolicy(keyPolicy, policy));
    })
  );
}

/** Every read of the ledger that the response names must be in the read set: Fabric checks nothing else at commit. */
function areReadsCovered({ cores }: EndorsedResponse, contracts: readonly ContractWrites[], sets: readonly NamespaceSet[]): boolean {
  const made = new Map(
    sets.flatMap(({ namespace, collections }) => collections.flatMap(({ collection, reads }) => reads.map((read) => [placeText(namespace, collection, read.keyHash), read.isPresent] as const))),
  );
  return contracts.every(({ contract, txIds }) => {
    const { reads, guardsRead, keyPolicyReads } = ledgerReadsOfItems(cores, contract);
    return (
      txIds.every((txId) => made.get(placeText(contract, MARKER_COLLECTION, markerKeyHash(txId))) === false) &&
      reads.every((read) => made.get(placeText(contract, collectionText(read.ownerSet), entryKeyHash(read.ledgerKey))) === read.packetHash.length > 0) &&
      reads.every((read) => read.legacyKeyHash.length === 0 || made.get(placeText(contract, read.dataset, read.legacyKeyHash)) === read.legacyValueHash.length > 0) &&
      keyPolicyReads.every((read) => made.get(placeText(contract, collectionText(read.ownerSet), policyKeyHash(read.ledgerKey))) === read.policy.length > 0) &&
      guardsRead.every((guard) => made.get(placeText(contract, collectionText(guard.ownerSet), guardKeyHash(guard.guardKey))) === guard.txId.length > 0)
    );
  });
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
