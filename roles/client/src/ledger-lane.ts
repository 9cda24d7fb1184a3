import type { Core, EndorsedTransaction, TargetData } from '@selvedge/protocol';
import type { LedgerEvents } from './domain/block-events.js';
import type { CommitStatus } from './domain/commit-status.js';
import type { ItemStatus } from './domain/item-verdicts.js';
import type { Requirements } from './domain/requirements.js';

/**
 * What carries executed requests to the ledger and back: the embedded ledger's own endorsers, owners and sequencer, or
 * Hyperledger Fabric. Everything before (sealing, executing, grouping) and the staged objects are the same on both.
 */
export interface LedgerLane {
  /**
   * Collects the endorsements that every policy needs, checked. Throws the endorsers' common refusal, ENDORSEMENT_FAILED
   * with a list, or ENDORSEMENTS_DISAGREE.
   */
  endorse(input: LaneInput): Promise<CarriedTransaction>;
  /** Sealed events of valid transactions that a contract's name stands on, from a block on, and then as they come until the signal ends it. */
  events(contract: string, startBlock: bigint, signal: AbortSignal): AsyncIterable<LedgerEvents>;
  /**
   * A transaction that lies in a block, whatever its verdict. Throws COMMIT_UNKNOWN for one that is in none, as far as
   * the ledger tells, MALFORMED_MESSAGE for one that is not of a contract.
   */
  transaction(txId: Uint8Array, signal: AbortSignal): Promise<LedgerTransaction>;
  close(): void;
}

/** A transaction as it lies in a block. What it says is believed only as far as its code, and what was confirmed of it. */
export interface LedgerTransaction {
  /** By a business node, or on Fabric a peer, of the own organisation where it has one. */
  readonly status: CommitStatus;
  readonly core: Core;
  readonly sealedEvents: readonly Uint8Array[];
}

/** One executed request. */
export interface LaneInput {
  readonly txId: Uint8Array;
  /** On Fabric, of the transaction: its id is SHA-256(nonce || who sends it). */
  readonly nonce: Uint8Array;
  /** That id, of what carries a batch. Default: txId. */
  readonly carrierTxId?: Uint8Array | undefined;
  /** The contract that was invoked. */
  readonly contract: string;
  readonly targetData: TargetData;
  readonly cores: readonly Core[];
  readonly requirements: Requirements;
  /** Only these organisations are asked. */
  readonly endorsingOrganizations?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A transaction with enough endorsements, on its way. */
export interface CarriedTransaction {
  /** Cores, TEE signatures and endorsements, without receipts. */
  readonly message: EndorsedTransaction;
  /**
   * Hands over what the owners need and has the transaction ordered. A lost answer is no failure: the same bytes are sent
   * again. Throws COMMIT_UNKNOWN when nobody can tell whether it was ordered.
   */
  submit(): Promise<void>;
  /** Waits until every declared owner has the verdict on disk. Throws COMMIT_UNKNOWN when the time is over. */
  commitStatus(): Promise<CommitStatus>;
  /**
   * The same for each item of a batch, whose own verdict may be another than the batch's. Does not throw for what concerns
   * one item, or for an owner that cannot tell.
   * @param txIds of all kept items, in order
   */
  batchStatus(txIds: readonly Uint8Array[]): Promise<ItemStatus[]>;
}
