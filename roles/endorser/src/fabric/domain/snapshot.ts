import { equalBytes, sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { FactReader } from '@selvedge/policy';
import { ValidationCode, type ContractSection } from '@selvedge/protocol';
import type { EndorserState } from '../../ports.js';
import { dataEntry, entryId, guardEntry, markerEntry, type PrivateEntry } from './private-entries.js';

/** What was fetched from the peer, all within one transaction: one height. */
export interface SnapshotInput {
  /** The called contract's. */
  readonly section: ContractSection;
  /** Knows fetched facts only. */
  readonly facts: FactReader;
  /** SHA-256 of private values by entryId; undefined: absent. */
  readonly hashes: ReadonlyMap<string, Uint8Array | undefined>;
}

/**
 * The ledger as an endorsement chaincode knows it: what it fetched and nothing more. Asking for anything else throws
 * INTERNAL, so that a check cannot rest on what is missing from the transaction's read set.
 */
export function createSnapshot({ section, facts, hashes }: SnapshotInput): EndorserState {
  const hashOf = (entry: PrivateEntry): Uint8Array | undefined => {
    const id = entryId(entry);
    if (!hashes.has(id)) throw notFetched('a private data hash');
    return hashes.get(id);
  };
  const requireOwn = (contract: string): void => {
    if (contract !== section.contract) throw notFetched('another contract’s state');
  };
  const expectedGuards = new Map(section.guardsRead.map((guard) => [guardId(guard.ownerSet, guard.dataset, guard.guardKey), guard.txId]));
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
      const expected = expectedGuards.get(guardId(ownerSet, dataset, guardKey));
      return hash === undefined ? undefined : guardValue(hash, expected);
    },
    result: (txId) => (hashOf(markerEntry(txId)) === undefined ? undefined : { code: ValidationCode.VALID, blockNumber: 0n }),
  };
}

/**
 * The txId behind a guard's hash, where it is the expected one. Otherwise bytes that the expected ones cannot equal,
 * whatever they are: the ledger shows no more than that the guard was written by another transaction.
 */
function guardValue(hash: Uint8Array, expected: Uint8Array = new Uint8Array(0)): Uint8Array {
  if (expected.length > 0 && equalBytes(sha256(expected), hash)) return expected;
  return Uint8Array.of(...expected, 0);
}

function guardId(ownerSet: string, dataset: string, guardKey: Uint8Array): string {
  return JSON.stringify([ownerSet, dataset, toHex(guardKey)]);
}

function notFetched(what: string): SelvedgeError {
  return new SelvedgeError('INTERNAL', `${what} was asked for that is not in the transaction’s read set`);
}
