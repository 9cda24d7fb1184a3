import { setTimeout as sleep } from 'node:timers/promises';
import { isSelvedgeError, SelvedgeError, type RefusalCode } from '@selvedge/errors';
import type { FabricBounds } from './ports.js';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Refusals that end by themselves: a peer or orderer that starts, organisations that gossip has not found yet, an
 * election of the ordering service, endorsers at different heights.
 */
const PASSING: ReadonlySet<RefusalCode> = new Set<RefusalCode>(['UNAVAILABLE', 'TIMEOUT', 'OVERLOADED', 'NOT_READY', 'DRAINING', 'CONTRACT_UNKNOWN', 'ENDORSEMENTS_DISAGREE', 'PACKETS_NOT_DISTRIBUTED']);

/** Tries again while the refusal may pass, until the time is over; then rejects with the last one. @param nowMs monotonic milliseconds */
export async function untilPassed<T>(bounds: FabricBounds, nowMs: () => number, attempt: (bounds: FabricBounds) => Promise<T>): Promise<T> {
  const deadline = nowMs() + bounds.timeoutMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await attempt({ ...bounds, timeoutMs: Math.max(1, deadline - nowMs()) });
    } catch (error) {
      if (!isSelvedgeError(error) || !PASSING.has(error.code) || nowMs() + pauseMs >= deadline) throw error;
    }
    await pause(pauseMs, bounds.signal);
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch (cause) {
    throw new SelvedgeError('CANCELLED', 'the caller gave up', { role: 'client', cause });
  }
}
