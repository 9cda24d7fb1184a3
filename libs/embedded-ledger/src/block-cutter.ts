import { setImmediate } from 'node:timers/promises';
import { SelvedgeError, withRole } from '@selvedge/errors';
import type { Signer } from '@selvedge/identity';
import type { BlockLog } from './adapters/block-log.js';
import { blockHash, createBlock, type ChainEnd } from './domain/block.js';
import type { Checkpoint } from './ports.js';
import { SubmissionQueue, type QueueLimits, type Submission } from './submission-queue.js';

export interface BlockCutterOptions {
  readonly log: BlockLog;
  readonly end: ChainEnd;
  readonly identity: { readonly network: string; readonly channel: string; readonly signer: Signer };
  readonly checkpoint: Checkpoint;
  readonly minBlockIntervalMs: number;
  readonly limits: QueueLimits;
}

/** Cuts blocks one after the other. While one is synced the next fills: a group commit. */
export class BlockCutter {
  readonly #options: BlockCutterOptions;
  readonly #queue: SubmissionQueue;
  readonly #listeners = new Set<() => void>();
  #end: ChainEnd;
  #running: Promise<void> | undefined;
  #closed = false;
  #lastCutMs = Number.NEGATIVE_INFINITY;
  #cutNow: (() => void) | undefined;

  constructor(options: BlockCutterOptions) {
    this.#options = options;
    this.#queue = new SubmissionQueue(options.limits);
    this.#end = options.end;
  }

  /** Number of synced blocks. */
  get height(): bigint {
    return this.#end.number;
  }

  /** Submissions that wait for their block. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Resolves when the block is synced. Throws OVERLOADED or DRAINING. */
  submit(transaction: Uint8Array): Promise<{ readonly blockNumber: bigint; readonly index: number }> {
    if (this.#closed) return Promise.reject(new SelvedgeError('DRAINING', 'the sequencer is stopping'));
    return new Promise((resolve, reject) => {
      this.#queue.add({ transaction, resolve, reject });
      if (this.#queue.isBatchFull) this.#cutNow?.();
      this.#running ??= this.#run();
    });
  }

  /** Resolves with true when a block of this number is synced, with false when the signal is aborted. */
  waitForBlock(number: bigint, signal: AbortSignal): Promise<boolean> {
    if (number < this.height || signal.aborted) return Promise.resolve(!signal.aborted);
    return new Promise((resolve) => {
      const look = (): void => {
        if (number >= this.height && !signal.aborted) return;
        this.#listeners.delete(look);
        signal.removeEventListener('abort', look);
        resolve(!signal.aborted);
      };
      this.#listeners.add(look);
      signal.addEventListener('abort', look);
    });
  }

  /** Refuses new submissions and orders those that wait. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cutNow?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      // Submissions that arrive in one turn of the event loop share a block.
      await setImmediate();
      await this.#untilDue();
      await this.#cut(this.#queue.takeBatch());
    }
    // In the same turn as the last look at the queue, so that no submission is left behind.
    this.#running = undefined;
  }

  /**
   * A block costs every follower a signature check and a synced store transaction, whatever it holds: under load they
   * come at most once an interval. A lone transaction after a pause is not held up.
   */
  async #untilDue(): Promise<void> {
    const waitMs = this.#lastCutMs + this.#options.minBlockIntervalMs - performance.now();
    if (waitMs > 0 && !this.#queue.isBatchFull && !this.#closed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        this.#cutNow = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#cutNow = undefined;
    }
    this.#lastCutMs = performance.now();
  }

  async #cut(batch: readonly Submission[]): Promise<void> {
    const { log, identity, checkpoint } = this.#options;
    const { number } = this.#end;
    const subject = String(number);
    try {
      const block = createBlock({ ...identity, end: this.#end, transactions: batch.map(({ transaction }) => transaction) });
      await log.append(number, block, () => {
        checkpoint('sequencer.before-sync', subject);
      });
      checkpoint('sequencer.after-sync', subject);
      this.#end = { number: number + 1n, previousHash: blockHash(block) };
    } catch (error) {
      for (const submission of batch) submission.reject(withRole(error, 'sequencer'));
      return;
    }
    for (const look of this.#listeners) look();
    checkpoint('sequencer.before-ack', subject);
    batch.forEach(({ resolve }, index) => {
      resolve({ blockNumber: number, index });
    });
  }
}
