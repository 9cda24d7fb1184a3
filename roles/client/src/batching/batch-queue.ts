/** When requests to one contract travel together. */
export interface BatchPolicy {
  /** Items of one batch, at most; 1 to 256. */
  readonly maxBatch: number;
  /**
   * How long the first item waits for others, at most, in milliseconds. It does not wait where no more are to be expected: while nothing is under
   * way and as many have come as the last batch had. Items that come while maxInFlight batches are under way wait for one to end.
   */
  readonly maxBatchDelayMs: number;
  /**
   * Batches under way at once. Default 2 for updates, since later batches do not see what earlier ones have not committed yet, and 4 for queries.
   * Updates that meet in conflicts go one batch at a time, until they have not met for a while.
   */
  readonly maxInFlight?: number;
}

/** Collects items into batches. */
export interface BatchQueue<T> {
  add(item: T): void;
}

/** How a queue fills its batches. */
export interface BatchFilling<T> {
  /**
   * Whether what waits is shared out among the batches that may start now, instead of filling the first: so that one batch
   * is sealed and opened here while a compute node runs another. Default false.
   */
  readonly isSharedOut?: boolean;
  /** How many batches may be under way now; default: maxInFlight. */
  readonly limit?: () => number;
  /** How many of these, from the first on, travel together; at least one does. Default: all. */
  readonly fit?: (items: readonly T[]) => number;
}

/** Whether an item that waited still goes; one that does not has been told so. Default: every one goes. */
type IsWanted<T> = (item: T) => boolean;

/** Of updates. */
export const DEFAULT_IN_FLIGHT = 2;
/** Fewer save too little of what a call costs, while others are under way. */
const LEAST_SHARE = 8;

/** @param run takes a batch of at least one; must not reject */
export function createBatchQueue<T>({ maxBatch, maxBatchDelayMs, maxInFlight = DEFAULT_IN_FLIGHT, isSharedOut = false, limit = () => maxInFlight, fit = (items) => items.length }: BatchPolicy & BatchFilling<T>, run: (items: T[]) => Promise<void>, isWanted: IsWanted<T> = () => true): BatchQueue<T> {
  const waiting: T[] = [];
  let inFlight = 0;
  /** Callers in a loop come back as many as they were. */
  let lastSize = 1;
  let timer: NodeJS.Timeout | undefined;
  let isFlushDue = false;

  const start = (): void => {
    // They came in a row, so that those who have waited too long are the first.
    while (waiting[0] !== undefined && !isWanted(waiting[0])) waiting.shift();
    if (waiting.length === 0) return;
    const size = isSharedOut ? Math.max(LEAST_SHARE, Math.ceil(waiting.length / (limit() - inFlight))) : waiting.length;
    const items = waiting.splice(0, Math.max(1, fit(waiting.slice(0, Math.min(size, maxBatch)))));
    inFlight += 1;
    void run(items).finally(() => {
      inFlight -= 1;
      lastSize = items.length;
      // What came meanwhile has waited long enough.
      if (waiting.length > 0) flushSoon();
    });
  };
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    isFlushDue = false;
    while (waiting.length > 0 && inFlight < limit()) start();
  };
  /** After whatever is running now: callers of one moment, or whose results have just come, add their items one after the other. */
  const flushSoon = (): void => {
    if (isFlushDue) return;
    isFlushDue = true;
    setImmediate(flush);
  };
  return {
    add(item) {
      waiting.push(item);
      if (inFlight >= limit()) return;
      if (waiting.length >= maxBatch) flush();
      else if (waiting.length >= (inFlight === 0 ? lastSize : Math.max(lastSize, LEAST_SHARE))) flushSoon();
      else timer ??= setTimeout(flush, maxBatchDelayMs);
    },
  };
}
