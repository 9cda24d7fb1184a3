import type { ConflictRetry } from './domain/conflict-retry.js';
import type { OutvotedNode } from './domain/replicas.js';

/** All that a query read stood at this height at least, as these organisations sign. */
export interface QueryConfirmation {
  /** Number of blocks. */
  readonly height: bigint;
  /** MSP ids. */
  readonly organisations: readonly string[];
}

/** One part of a partitioned function's work. */
export interface Partition {
  /** Of the function's map. */
  readonly arguments?: readonly (string | Uint8Array)[];
  /** For this map alone. */
  readonly transientData?: Readonly<Record<string, string | Uint8Array>>;
}

/** What a transaction is called with. */
export interface ProposalOptions {
  readonly arguments?: readonly (string | Uint8Array)[];
  /**
   * Of a function that the contract's policy names a map and a reduce for: the map runs once for each, at the same time, on as many compute
   * nodes as there are; then the reduce runs, with `arguments` and what the maps gave. At most 64.
   */
  readonly partitions?: readonly Partition[];
  /** Travels sealed, and never onto the ledger by itself. */
  readonly transientData?: Readonly<Record<string, string | Uint8Array>>;
  /** Compute nodes that must agree; the contract's own quorum holds anyway. Default: a majority of `replicas`, else 1. */
  readonly computeQuorum?: number;
  /** Compute nodes that are asked at once; as soon as enough of them agree, their answer counts. Default: as many as must agree. */
  readonly replicas?: number;
  /** Called with the nodes that said something else than those that agreed, where there were any by then. */
  readonly onOutvoted?: (outvoted: readonly OutvotedNode[]) => void;
  /**
   * Of an evaluate: organisations that must sign, at this moment, that what the query read is what stands (at least the network's
   * view quorum); at most as many as the network has. Followers see which ledger keys it read. Default: none is asked.
   */
  readonly confirm?: number;
  /** Called with what they signed, before the result. */
  readonly onConfirmed?: (confirmation: QueryConfirmation) => void;
  /** MSP ids of the endorsers to ask; default: as few as the policies need. */
  readonly endorsingOrganizations?: readonly string[];
  /** Makes the whole request again when it loses a conflict; default: the gateway's. For idempotent work. Staged proposals leave it to the caller. */
  readonly retry?: ConflictRetry;
  /**
   * Called before a gated function's transaction is ordered, each time that the request is made again too: what it gives, kept,
   * lets this identity fetch the result (Contract.fetchResult) after a crash or a COMMIT_UNKNOWN.
   */
  readonly onResultHandle?: (handle: Uint8Array) => void | Promise<void>;
  readonly signal?: AbortSignal;
}
