import { setMaxListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { Slice } from './points.js';

/** One call of a workload. */
export type Call = () => Promise<unknown>;

/** Time, as loops see it. */
export interface Clock {
  nowMs(): number;
  /** Resolves earlier when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const SYSTEM_CLOCK: Clock = {
  nowMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await wait(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  },
};

/** What is measured of a loop: from `rampMs` after its start for `ms`; what ends before or after is not counted. */
export interface Window {
  readonly rampMs: number;
  readonly ms: number;
  /** Told as the window opens and closes. */
  readonly onOpen?: () => void;
  readonly onClose?: () => void;
}

/** Keeps `inFlight` calls going. Failures are counted by code, not thrown. */
export async function closedLoop(inFlight: number, window: Window, call: Call, clock = SYSTEM_CLOCK): Promise<Omit<Slice, 'cpu'>> {
  const tally = createTally(clock);
  const lane = async (): Promise<void> => {
    while (tally.state !== 'closed') await tally.count(call, clock.nowMs());
  };
  const [slice] = await Promise.all([tally.watch(window), ...Array.from({ length: inFlight }, lane)]);
  return slice;
}

/** Starts a call every 1/perSecond seconds, at most `inFlight` at once: what is due later waits, and its wait counts. */
export async function openLoop(inFlight: number, window: Window, perSecond: number, call: Call, clock = SYSTEM_CLOCK): Promise<Omit<Slice, 'cpu'>> {
  const tally = createTally(clock);
  const started = clock.nowMs();
  let next = 0;
  const lane = async (): Promise<void> => {
    for (;;) {
      const due = started + (next * 1_000) / perSecond;
      next += 1;
      const waitMs = due - clock.nowMs();
      if (waitMs > 0) await clock.sleep(waitMs, tally.closing);
      if (tally.state === 'closed') return;
      await tally.count(call, due);
    }
  };
  const [slice] = await Promise.all([tally.watch(window), ...Array.from({ length: inFlight }, lane)]);
  return slice;
}

interface Tally {
  readonly state: 'ramp' | 'open' | 'closed';
  /** Aborted as the window closes. */
  readonly closing: AbortSignal;
  count(call: Call, from: number): Promise<void>;
  watch(window: Window): Promise<Omit<Slice, 'cpu'>>;
}

function createTally(clock: Clock): Tally {
  const latencies: number[] = [];
  const failures: Record<string, number> = {};
  const closing = new AbortController();
  // Each call that is not due yet listens.
  setMaxListeners(0, closing.signal);
  let state: Tally['state'] = 'ramp';
  return {
    closing: closing.signal,
    get state() {
      return state;
    },
    async count(call, from) {
      try {
        await call();
        if (state === 'open') latencies.push(clock.nowMs() - from);
      } catch (error) {
        const name = failureName(error);
        if (state === 'open') failures[name] = (failures[name] ?? 0) + 1;
      }
    },
    async watch({ rampMs, ms, onOpen, onClose }) {
      await clock.sleep(rampMs);
      onOpen?.();
      const opened = clock.nowMs();
      state = 'open';
      await clock.sleep(ms);
      state = 'closed';
      closing.abort();
      // A busy process wakes late.
      const seconds = (clock.nowMs() - opened) / 1_000;
      onClose?.();
      latencies.sort((a, b) => a - b);
      return { calls: latencies.length, failures, perSecond: latencies.length / seconds, p50: percentile(latencies, 0.5), p95: percentile(latencies, 0.95) };
    },
  };
}

/** What a refused call is counted under: its code, or the name of what was thrown. */
export function failureName(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  if (typeof code === 'string') return code;
  return error instanceof Error ? error.name : 'UNKNOWN';
}

/** Nearest-rank percentile of sorted values; NaN when there are none. */
export function percentile(sorted: readonly number[], fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * fraction) - 1)] ?? Number.NaN;
}
