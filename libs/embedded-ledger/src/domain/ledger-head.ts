import { compareText, policyRoot, type PolicyFactValue } from '@selvedge/protocol';

/** Where a follower stands. */
export interface LedgerHead {
  /** Number of blocks. */
  readonly height: bigint;
  /** SHA-256 of the last header; empty at height 0. */
  readonly blockHash: Uint8Array;
  /** Running digest over block hashes and verdicts: equal at followers that judged equally; empty at height 0. */
  readonly commitHash: Uint8Array;
  /** protocol.policyRoot over all facts. */
  readonly policyRoot: Uint8Array;
  /** Sorted by key. */
  readonly facts: readonly { readonly key: string; readonly value: Uint8Array; readonly recordedIn: bigint }[];
}

/** Facts in the order of a ledger view, with their root. @param blocks number of the block that set each, where it is known; 0 otherwise */
export function sortFacts(facts: ReadonlyMap<string, Uint8Array>, blocks: ReadonlyMap<string, bigint> = new Map()): Pick<LedgerHead, 'facts' | 'policyRoot'> {
  const sorted: Pick<PolicyFactValue, 'key' | 'value' | 'recordedIn'>[] = [...facts].map(([key, value]) => ({ key, value, recordedIn: blocks.get(key) ?? 0n }));
  sorted.sort((a, b) => compareText(a.key, b.key));
  return { facts: sorted, policyRoot: policyRoot(sorted) };
}
