import type { FactReader } from '@selvedge/policy';
import type { Block, ValidationCode } from '@selvedge/protocol';
import type { EndorsedContent } from './domain/endorsed-content.js';
import type { ChainedVersion, KeyHistory } from './adapters/history-heads.js';
import type { EndedEntry, HistoryUpdate, StateUpdates } from './domain/verdict.js';

/** How a transaction ended. */
export interface TransactionResult {
  readonly code: ValidationCode;
  readonly blockNumber: bigint;
  /** Of a valid one of a contract: coreDigest of its core, 32 bytes. undefined: committed when this node kept none. */
  readonly coreDigest?: Uint8Array | undefined;
}

/** What a follower keeps of a valid transaction whose core is gated; 32 bytes each. */
export interface GatedCommit {
  /** targetDigest of the core alone. */
  readonly coreDigest: Uint8Array;
  readonly blockHash: Uint8Array;
}

/**
 * The ledger's state as far as this follower has come. All reads within one synchronous stretch of code are of one height.
 * Keys are 32 bytes.
 */
export interface StateReader extends FactReader {
  /** Number of blocks: the last block's number plus one. */
  readonly height: bigint;
  /** SHA-256 of the last block's header, 32 bytes; empty at height 0. */
  readonly blockHash: Uint8Array;
  /** The key's packet hash, 32 bytes; undefined when absent. */
  version(contract: string, ownerSet: string, dataset: string, ledgerKey: Uint8Array): Uint8Array | undefined;
  /** Id of the transaction that last wrote the guard, 32 bytes; undefined when never written. */
  guard(contract: string, ownerSet: string, dataset: string, guardKey: Uint8Array): Uint8Array | undefined;
  /** The key's own endorsement policy, SignaturePolicyEnvelope bytes; undefined: it has none. */
  keyPolicy(contract: string, ownerSet: string, dataset: string, ledgerKey: Uint8Array): Uint8Array | undefined;
  /** SHA-256 of what a collection of the contract's name holds from before Selvedge, under the SHA-256 of a key; undefined: absent. Left out by ledgers that have no such collections. */
  legacyHash?(contract: string, collection: string, keyHash: Uint8Array): Uint8Array | undefined;
  /** Where the key's history ends; the world state's alone have one. */
  history(contract: string, ownerSet: string, dataset: string, ledgerKey: Uint8Array): KeyHistory;
  result(txId: Uint8Array): TransactionResult | undefined;
  /** Keys of the policy facts that begin with the prefix, sorted. */
  factKeys(prefix: string): readonly string[];
}

/** The state that a transaction inside a block meets. */
export interface BlockState extends StateReader {
  /** Whether a transaction before it in the block has set the key's policy: nothing that was endorsed can know of it. */
  isKeyPolicyNew(contract: string, ownerSet: string, dataset: string, ledgerKey: Uint8Array): boolean;
}

/** Blocks from a number on: history, then live ones, in order. Ends or throws when the connection breaks; ends when aborted. */
export type BlockSource = (from: bigint, signal: AbortSignal) => AsyncIterable<Block>;

/** A named moment of the process (same shape as service-kit's Checkpoint). */
export type Checkpoint = (name: string, subject?: string) => void;

/** Where a follower or sequencer tells of trouble; a pino logger fits. */
export interface LedgerLog {
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

/** One transaction of a block with its verdict. */
export interface AppliedTransaction {
  readonly index: number;
  readonly code: ValidationCode;
  /** Why it is not VALID, for the log; names nothing secret. */
  readonly reason: string | undefined;
  /** One of each kept item, 32 bytes each; none when the bytes did not parse. For a policy transaction: SHA-256 of its bytes under a label of its own, see policyTransactionId. */
  readonly txIds: readonly Uint8Array[];
  /** Decoded content of an endorsed transaction that parsed. */
  readonly endorsed: EndorsedContent | undefined;
  /** What it changed; empty unless VALID. */
  readonly updates: StateUpdates;
}

/** A block and its verdicts, in order. */
export interface AppliedBlock {
  readonly number: bigint;
  /** 32 bytes. */
  readonly hash: Uint8Array;
  readonly transactions: readonly AppliedTransaction[];
  /** What ended with this block by its blockToLive: after all of its writes. */
  readonly ended: readonly EndedEntry[];
  /** New versions of world state's keys, in order. */
  readonly versions: readonly AppliedVersion[];
}

/** A new version of a key, and where it stands in the key's history. */
export type AppliedVersion = HistoryUpdate & ChainedVersion;

/**
 * Called synchronously inside the block's write transaction, after the verdicts are known. Puts and removes in databases
 * of the same store are atomic with the block. Must not throw for anything a peer can cause: a throw abandons the block.
 */
export type ApplyHook = (block: AppliedBlock) => void;
