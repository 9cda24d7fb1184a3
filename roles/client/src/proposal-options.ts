import type { ConflictRetry } from './domain/conflict-retry.js';

/** What a transaction is called with. */
export interface ProposalOptions {
  readonly arguments?: readonly (string | Uint8Array)[];
  /** Travels sealed, and never onto the ledger by itself. */
  readonly transientData?: Readonly<Record<string, string | Uint8Array>>;
  /** Compute nodes that must agree; the contract's own quorum holds anyway. Default 1. */
  readonly computeQuorum?: number;
  /** MSP ids of the endorsers to ask; default: as few as the policies need. */
  readonly endorsingOrganizations?: readonly string[];
  /** Makes the whole request again when it loses a conflict; default: the gateway's. For idempotent work. Staged proposals leave it to the caller. */
  readonly retry?: ConflictRetry;
  readonly signal?: AbortSignal;
}
