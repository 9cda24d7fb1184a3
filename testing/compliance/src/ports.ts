import type { LedgerHead, StateReader, Submitted, TransactionResult } from '@selvedge/embedded-ledger';
import type { TestConsortium } from '@selvedge/fixtures';

/** One organisation's view of the ledger. */
export interface FollowerUnderTest {
  readonly state: StateReader;
  readonly head: Pick<LedgerHead, 'height' | 'blockHash' | 'commitHash' | 'policyRoot'>;
  waitForResult(txId: Uint8Array, timeoutMs: number): Promise<TransactionResult | undefined>;
  waitForHeight(height: bigint, timeoutMs: number): Promise<boolean>;
}

/** A ledger whose policy facts are the consortium's, with followers of several organisations. */
export interface LedgerUnderTest {
  readonly followers: readonly FollowerUnderTest[];
  /** Orders these Transaction bytes in this order, in as few blocks as it likes. Resolves when they are durable. */
  order(transactions: readonly Uint8Array[]): Promise<readonly Submitted[]>;
  /** Stops every process and starts it again on its store. */
  restart(): Promise<void>;
  /** Adds a follower that has seen nothing yet. */
  addFollower(): Promise<FollowerUnderTest>;
  close(): Promise<void>;
}

/** Starts a ledger and brings the consortium's facts onto it. */
export type CreateLedger = (consortium: TestConsortium) => Promise<LedgerUnderTest>;
