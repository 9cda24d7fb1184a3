import { equalBytes, sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { FactReader } from '@selvedge/policy';
import { ValidationCode, type ContractSection } from '@selvedge/protocol';
import type { LegacyKeys } from '../../domain/check-legacy.js';
import type { EndorserState } from '../../ports.js';
import { dataEntry, entryId, guardEntry, legacyEntry, markerEntry, policyEntry, type PrivateEntry } from './private-entries.js';

/** What was fetched from the peer, all within one transaction: one height. */
export interface SnapshotInput {
  /** Whose chaincode is called. */
  readonly contract: string;
  /** What the items read of it on the ledger. */
  readonly reads: Pick<ContractSection, 'guardsRead' | 'keyPolicyReads'>;
  /** Knows fetched facts only. */
  readonly facts: FactReader;
  /** Names behind the hashes of legacy keys. */
  readonly legacyKeys: LegacyKeys;
  /** SHA-256 of private values by entryId; undefined: absent. */
  readonly hashes: ReadonlyMap<string, Uint8Array | undefined>;
}

/**
 * The ledger as an endorsement chaincode knows it: what it fetched and nothing more. Asking for anything else throws
 * INTERNAL, so that a check cannot rest on what is missing from the transaction's read set.
 */
export function createSnapshot({ contract: own, reads, facts, legacyKeys, hashes }: SnapshotInput): EndorserState {
  const hashOf = (entry: PrivateEntry): Uint8Array | undefined => {
    const id = entryId(entry);
    if (!hashes.has(id)) throw notFetched('a private data hash');
    return hashes.get(id);
  };
  const requireOwn = (contract: string): void => {
    if (contract !== own) throw notFetched('another contract’s state');
  };
  // Items of a batch may expect several: what stands is at most one of them.
  const expectedGuards = grouped(reads.guardsRead.map((guard) => [placeId(guard.ownerSet, guard.dataset, guard.guardKey), guard.txId]));
  const expectedPolicies = grouped(reads.keyPolicyReads.map((read) => [placeId(read.ownerSet, read.dataset, read.ledgerKey), read.policy]));
  return {
    // Endorsers at different heights give equal responses: nothing may depend on it.
    height: 0n,
    ...facts,
    version: (contract, ownerSet, _dataset, ledgerKey) => {
      requireOwn(contract);
      // A packet's hash is its version.
      return hashOf(dataEntry(ownerSet, ledgerKey));
    },
    guard: (contract, ownerSet, dataset, guardKey) => {
      requireOwn(contract);
      const hash = hashOf(guardEntry(ownerSet, guardKey));
      const expected = expectedGuards.get(placeId(ownerSet, dataset, guardKey));
      return hash === undefined ? undefined : hashedValue(hash, expected);
    },
    keyPolicy: (contract, ownerSet, dataset, ledgerKey) => {
      requireOwn(contract);
      const hash = hashOf(policyEntry(ownerSet, ledgerKey));
      const expected = expectedPolicies.get(placeId(ownerSet, dataset, ledgerKey));
      return hash === undefined ? undefined : hashedValue(hash, expected);
    },
    legacyHash: (contract, collection, keyHash) => {
      requireOwn(contract);
      const key = legacyKeys.get(toHex(keyHash));
      if (key === undefined) throw notFetched('a legacy entry');
      return hashOf(legacyEntry(collection, key));
    },
    result: (txId) => (hashOf(markerEntry(txId)) === undefined ? undefined : { code: ValidationCode.VALID, blockNumber: 0n }),
  };
}

/**
 * The value behind a hash, where it is an expected one: a guard's txId, a key's policy. Otherwise bytes that the expected
 * ones cannot equal, whatever they are: the ledger shows no more than that another value stands there.
 */
function hashedValue(hash: Uint8Array, expected: readonly Uint8Array[] = []): Uint8Array {
  const value = expected.find((each) => each.length > 0 && equalBytes(sha256(each), hash));
  return value ?? Uint8Array.of(...expected.flatMap((each) => [...each]), 0);
}

function grouped(places: readonly (readonly [place: string, value: Uint8Array])[]): ReadonlyMap<string, readonly Uint8Array[]> {
  const groups = new Map<string, Uint8Array[]>();
  for (const [place, value] of places) groups.set(place, [...(groups.get(place) ?? []), value]);
  return groups;
}

function placeId(ownerSet: string, dataset: string, guardKey: Uint8Array): string {
  return JSON.stringify([ownerSet, dataset, toHex(guardKey)]);
}

function notFetched(what: string): SelvedgeError {
  return new SelvedgeError('INTERNAL', `${what} was asked for that is not in the transaction’s read set`);
}
