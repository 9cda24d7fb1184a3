import { SelvedgeError } from '@selvedge/errors';
import type { Signer } from '@selvedge/identity';
import { LIMITS, type Block } from '@selvedge/protocol';
import { BlockLog } from './adapters/block-log.js';
import { BlockCutter } from './block-cutter.js';
import { recoverChain } from './chain-recovery.js';
import type { Checkpoint } from './ports.js';
import type { LedgerStore } from './store.js';

export interface SequencerOptions {
  /** From openLedgerStore; the sequencer closes it. */
  readonly store: LedgerStore;
  /** The orderer identity that the profile names. */
  readonly signer: Signer;
  /** PolicyTransaction bytes of block 0. */
  readonly genesis: Uint8Array;
  readonly network: string;
  readonly channel: string;
  /** Transactions of one block; default 500, at most LIMITS.maxBlockTransactions. */
  readonly maxBatch?: number | undefined;
  /** Transaction bytes of one block, and of one transaction; default 8 MiB, so that a block fits in one message. */
  readonly maxBatchBytes?: number | undefined;
  /** Least time between two blocks that are not full; default 20. A transaction after a longer pause does not wait. */
  readonly minBlockIntervalMs?: number | undefined;
  /** Waiting submissions; default 5,000. */
  readonly maxQueue?: number | undefined;
  /** Their bytes; default 64 MiB. */
  readonly maxQueueBytes?: number | undefined;
  readonly checkpoint?: Checkpoint | undefined;
}

const DEFAULT_MIN_BLOCK_INTERVAL_MS = 20;

/** Where a submission was put. */
export interface Submitted {
  readonly blockNumber: bigint;
  readonly index: number;
}

/** Orders bytes without looking inside, in a hash-chained log that is synced before anything is acknowledged or sent. */
export interface Sequencer {
  /** Number of synced blocks. */
  readonly height: bigint;
  /** Submissions that wait for their block, and how many may. */
  readonly queue: { readonly depth: number; readonly capacity: number };
  /**
   * Resolves when the transaction's block is synced.
   * Throws MALFORMED_MESSAGE for none, MESSAGE_TOO_LARGE, OVERLOADED when the queue is full, DRAINING when closed.
   */
  submit(transaction: Uint8Array): Promise<Submitted>;
  /** Blocks from a number on, then live ones as they are synced; the reader sets the pace. Ends when aborted or closed. */
  deliver(from: bigint, signal?: AbortSignal): AsyncIterable<Block>;
  /** Orders what waits, then closes the store. */
  close(): Promise<void>;
}

/** Opens the log, or begins it with block 0. Throws LEDGER_CORRUPT when it does not verify, INVALID_CONFIGURATION when its block 0 is another. */
export async function openSequencer(options: SequencerOptions): Promise<Sequencer> {
  const { store, signer, network, channel, checkpoint = () => undefined, maxBatchBytes = 8 * 1024 * 1024, maxQueue = 5_000 } = options;
  const log = new BlockLog(store);
  const end = await recoverChain(log, options);
  const cutter = new BlockCutter({
    log,
    end,
    identity: { network, channel, signer },
    checkpoint,
    minBlockIntervalMs: options.minBlockIntervalMs ?? DEFAULT_MIN_BLOCK_INTERVAL_MS,
    limits: {
      maxBatch: Math.min(options.maxBatch ?? 500, LIMITS.maxBlockTransactions),
      maxBatchBytes,
      maxQueue,
      maxQueueBytes: options.maxQueueBytes ?? 64 * 1024 * 1024,
    },
  });
  const stop = new AbortController();

  const deliver = async function* (from: bigint, signal?: AbortSignal): AsyncGenerator<Block> {
    const ended = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
    for (let number = from; await cutter.waitForBlock(number, ended); number += 1n) {
      checkpoint('sequencer.before-send', String(number));
      yield log.read(number);
      // Reached when the reader asks for the next block: this one has been handed over.
      checkpoint('sequencer.after-send', String(number));
    }
  };

  return {
    get height() {
      return cutter.height;
    },
    get queue() {
      return { depth: cutter.waiting, capacity: maxQueue };
    },
    submit: async (transaction) => {
      if (transaction.length === 0) throw new SelvedgeError('MALFORMED_MESSAGE', 'no transaction to order');
      if (transaction.length > maxBatchBytes) throw new SelvedgeError('MESSAGE_TOO_LARGE', `transaction of ${String(transaction.length)} bytes, at most ${String(maxBatchBytes)} allowed`);
      return cutter.submit(transaction);
    },
    deliver,
    close: async () => {
      stop.abort();
      await cutter.close();
      await store.close();
    },
  };
}
