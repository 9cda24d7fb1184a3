import { setTimeout as sleep } from 'node:timers/promises';
import { isSelvedgeError, SelvedgeError, type RefusalCode } from '@selvedge/errors';

const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 1_000;

/** Bounds of repeated tries. */
export interface RepeatOptions {
  readonly timeoutMs: number;
  readonly isWorthRepeat: (code: RefusalCode) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Tries until it succeeds, fails for good, or the time is over; then rejects with the last refusal. */
export async function repeatUntil<T>(attempt: (remainingMs: number) => Promise<T>, options: RepeatOptions): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await attempt(Math.max(1, deadline - performance.now()));
    } catch (error) {
      if (!isSelvedgeError(error) || !options.isWorthRepeat(error.code)) throw error;
      if (performance.now() + pauseMs >= deadline) throw error;
    }
    // Not in step with other clients that were refused at the same moment.
    await pause(pauseMs * (0.5 + Math.random() / 2), options.signal);
  }
}

/** Waits; rejects with CANCELLED when the signal is aborted meanwhile. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, { ...(signal === undefined ? {} : { signal }) });
  } catch (cause) {
    throw new SelvedgeError('CANCELLED', 'the gateway was closed', { role: 'client', cause });
  }
}

/** Whether a promise settles within the time. */
export async function isSettledWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => {
      resolve(false);
    }, timeoutMs);
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}
