import { FIRST_NAME_EPOCH, type ContractNames } from '@selvedge/policy';
import type { StoredEntry } from '@selvedge/tee-node';
import type { KeyModification } from '../ports.js';

/** A version of a key, with how it came about. */
export interface HistoryVersion extends KeyModification {
  /** undefined: it was deleted. */
  readonly packetHash: Uint8Array | undefined;
  /** No contract wrote it: it was re-encrypted, or copied from the names before. */
  readonly isReEncrypted: boolean;
}

/**
 * A key's history as if no operator had ever touched it, newest first. Where the first version under some names was copied
 * there, the names before were left by a migration: a deletion at their end is its clearing, and no contract's.
 * @param chains versions under the current names, then under those before, each newest first
 */
export function joinChains(chains: readonly (readonly HistoryVersion[])[]): HistoryVersion[] {
  let isLeft = false;
  const joined = chains.flatMap((chain) => {
    const versions = isLeft && chain[0]?.packetHash === undefined ? chain.slice(1) : chain;
    isLeft = chain.at(-1)?.isReEncrypted === true;
    return versions;
  });
  return joined.filter(({ isReEncrypted }) => !isReEncrypted);
}

/** One array per array: indexes in memory are found by it. */
const filtered = new WeakMap<readonly StoredEntry[], { readonly epoch: bigint; readonly entries: readonly StoredEntry[] }>();

/** The entries of a whole dataset that lie under the current names: during a migration, it holds others too. */
export function entriesUnder({ current, newest }: Pick<ContractNames, 'current' | 'newest'>, entries: readonly StoredEntry[]): readonly StoredEntry[] {
  if (newest === FIRST_NAME_EPOCH) return entries;
  const known = filtered.get(entries);
  if (known?.epoch === current) return known.entries;
  const own = entries.filter(({ nameEpoch }) => nameEpoch === current);
  const result = own.length === entries.length ? entries : own;
  filtered.set(entries, { epoch: current, entries: result });
  return result;
}
