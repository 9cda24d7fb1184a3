import { setTimeout as sleep } from 'node:timers/promises';

/** How calls are started: the next as soon as one ends, or at a fixed rate whatever the answers do. */
export type Loop = 'closed' | 'open';

/** One measured point. */
export interface Point {
  readonly loop: Loop;
  /** Calls in flight: always so many (closed), at most so many (open). */
  readonly inFlight: number;
  /** Calls per second that were due; an open loop's only. */
  readonly offeredPerSecond: number | undefined;
  readonly calls: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly perSecond: number;
  /** Milliseconds; in an open loop from the moment at which the call was due, so that waiting for a free place counts. */
  readonly p50: number;
  readonly p95: number;
}

/** A call of the workload; it gets a running number. */
export type Call = (index: number) => Promise<unknown>;

/** Keeps `inFlight` calls going for `seconds`. Failures are counted by code, not thrown. */
export async function closedLoop(inFlight: number, seconds: number, call: Call): Promise<Point> {
  const tally = createTally();
  const started = performance.now();
  const end = started + seconds * 1_000;
  let next = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < end) {
      const index = next;
      next += 1;
      await tally.count(call, index, performance.now());
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return tally.point({ loop: 'closed', inFlight, offeredPerSecond: undefined, started });
}

/** Starts a call every 1/rate seconds for `seconds`, at most `inFlight` at once: what is due later waits, and its wait counts. */
export async function openLoop(inFlight: number, seconds: number, perSecond: number, call: Call): Promise<Point> {
  const tally = createTally();
  const started = performance.now();
  const total = Math.max(1, Math.floor(seconds * perSecond));
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < total) {
      const index = next;
      next += 1;
      const due = started + (index * 1_000) / perSecond;
      const waitMs = due - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      await tally.count(call, index, due);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return tally.point({ loop: 'open', inFlight, offeredPerSecond: perSecond, started });
}

function createTally(): {
  count(call: Call, index: number, from: number): Promise<void>;
  point(input: Pick<Point, 'loop' | 'inFlight' | 'offeredPerSecond'> & { readonly started: number }): Point;
} {
  const latencies: number[] = [];
  const failures: Record<string, number> = {};
  return {
    async count(call, index, from) {
      try {
        await call(index);
        latencies.push(performance.now() - from);
      } catch (error) {
        const code = (error as { code?: unknown }).code;
        const name = typeof code === 'string' ? code : error instanceof Error ? error.name : 'UNKNOWN';
        failures[name] = (failures[name] ?? 0) + 1;
      }
    },
    point({ started, ...input }) {
      const elapsed = (performance.now() - started) / 1_000;
      latencies.sort((a, b) => a - b);
      return { ...input, calls: latencies.length, failures, perSecond: latencies.length / elapsed, p50: percentile(latencies, 0.5), p95: percentile(latencies, 0.95) };
    },
  };
}

/** Nearest-rank percentile of sorted values; NaN when there are none. */
export function percentile(sorted: readonly number[], fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * fraction) - 1)] ?? Number.NaN;
}
