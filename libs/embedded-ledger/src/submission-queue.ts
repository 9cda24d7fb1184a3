import { SelvedgeError } from '@selvedge/errors';

/** A transaction that waits for its place, with those who wait for it. */
export interface Submission {
  readonly transaction: Uint8Array;
  readonly resolve: (place: { readonly blockNumber: bigint; readonly index: number }) => void;
  readonly reject: (error: unknown) => void;
}

/** Limits of the queue and of one batch. */
export interface QueueLimits {
  readonly maxQueue: number;
  readonly maxQueueBytes: number;
  readonly maxBatch: number;
  readonly maxBatchBytes: number;
}

/** Submissions in the order of their arrival, bounded by count and bytes. */
export class SubmissionQueue {
  readonly #limits: QueueLimits;
  #waiting: Submission[] = [];
  #bytes = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Whether a whole batch waits. */
  get isBatchFull(): boolean {
    return this.#waiting.length >= this.#limits.maxBatch || this.#bytes >= this.#limits.maxBatchBytes;
  }

  /** Throws OVERLOADED when the queue is full. */
  add(submission: Submission): void {
    const { maxQueue, maxQueueBytes } = this.#limits;
    if (this.#waiting.length >= maxQueue) throw new SelvedgeError('OVERLOADED', `${String(maxQueue)} transactions wait to be ordered`);
    if (this.#bytes + submission.transaction.length > maxQueueBytes) throw new SelvedgeError('OVERLOADED', `transactions of ${String(maxQueueBytes)} bytes wait to be ordered`);
    this.#waiting.push(submission);
    this.#bytes += submission.transaction.length;
  }

  /** The next batch: at least one submission when any waits, more only within the limits. */
  takeBatch(): readonly Submission[] {
    let bytes = 0;
    let count = 0;
    for (const { transaction } of this.#waiting) {
      if (count > 0 && (count >= this.#limits.maxBatch || bytes + transaction.length > this.#limits.maxBatchBytes)) break;
      bytes += transaction.length;
      count += 1;
    }
    const batch = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    this.#bytes -= bytes;
    return batch;
  }
}
