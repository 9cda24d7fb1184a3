import type { LedgerHead, StateReader } from '@selvedge/embedded-ledger';
import type { TestConsortium } from '@selvedge/fixtures';
import type { FactUpdate } from '@selvedge/policy';
import type { MadeTargetData } from './target-maker.js';

/** One organisation's view of the ledger. */
export interface FollowerUnderTest {
  readonly state: StateReader;
  readonly head: Pick<LedgerHead, 'height' | 'blockHash' | 'commitHash' | 'policyRoot'>;
  /** Change marks of each block from a number on, as far as the follower knows them. */
  changes(from: bigint): readonly Uint8Array[];
  waitForHeight(height: bigint, timeoutMs: number): Promise<boolean>;
}

/** Target data with what endorsers said of it when they were asked. */
export interface EndorsedUnderTest extends MadeTargetData {
  /** The code with which it was refused; undefined: it is endorsed and can be ordered. */
  readonly refusal: string | undefined;
}

/** Where a transaction was put. */
export interface Ordered {
  readonly blockNumber: bigint;
}

/**
 * A ledger whose policy facts are the consortium's, with followers of several organisations. Endorsing and ordering are
 * two steps: what shall be stale at commit is endorsed while it is current.
 */
export interface LedgerUnderTest {
  readonly followers: readonly FollowerUnderTest[];
  /** Has these organisations' endorsers check and sign target data against the ledger as it is now. */
  endorse(target: MadeTargetData, endorsers: readonly string[]): Promise<EndorsedUnderTest>;
  /** Orders them in this order, in as few blocks as it likes. Resolves when all are in blocks. */
  order(transactions: readonly EndorsedUnderTest[]): Promise<readonly Ordered[]>;
  /** Name of the verdict on an ordered transaction, at one follower. */
  verdict(transaction: EndorsedUnderTest, follower: FollowerUnderTest): Promise<string>;
  /** Changes facts, approved by as many organisations as asked (default: all). Resolves when every follower has it, or when it is refused. */
  changePolicy(changes: readonly FactUpdate[], approvals?: number): Promise<void>;
  /** Brings the consortium's present contract policy onto the ledger, and whatever else of the ledger depends on it. */
  changeContract(): Promise<void>;
  /** Stops every process and starts it again on its store. */
  restart(): Promise<void>;
  /** Adds a follower that has seen nothing yet. */
  addFollower(): Promise<FollowerUnderTest>;
  close(): Promise<void>;
}

/** Starts a ledger and brings the consortium's facts onto it. */
export type CreateLedger = (consortium: TestConsortium) => Promise<LedgerUnderTest>;
