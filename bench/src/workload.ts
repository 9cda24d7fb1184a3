/** One measured point: a closed loop of so many calls in flight. */
export interface Point {
  readonly inFlight: number;
  readonly calls: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
}

/** Keeps `inFlight` calls going for `seconds`. The call gets a running number. Failures are counted by code, not thrown. */
export async function closedLoop(inFlight: number, seconds: number, call: (index: number) => Promise<unknown>): Promise<Point> {
  const latencies: number[] = [];
  const failures: Record<string, number> = {};
  const started = performance.now();
  const end = started + seconds * 1_000;
  let next = 0;
  const loop = async (): Promise<void> => {
    while (performance.now() < end) {
      const index = next;
      next += 1;
      const from = performance.now();
      try {
        await call(index);
        latencies.push(performance.now() - from);
      } catch (error) {
        const code = (error as { code?: unknown }).code;
        const name = typeof code === 'string' ? code : 'UNKNOWN';
        failures[name] = (failures[name] ?? 0) + 1;
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  const elapsed = (performance.now() - started) / 1_000;
  latencies.sort((a, b) => a - b);
  return { inFlight, calls: latencies.length, failures, perSecond: latencies.length / elapsed, p50: percentile(latencies, 0.5), p95: percentile(latencies, 0.95) };
}

/** Nearest-rank percentile of sorted values; NaN when there are none. */
export function percentile(sorted: readonly number[], fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * fraction) - 1)] ?? Number.NaN;
}
