import type { MetricSample } from './parse-prometheus.js';

/** What one node's metrics say of calls that others asked of it, since it started. */
export interface CallTotals {
  readonly calls: number;
  readonly refused: number;
  /** Upper bounds of the histogram's buckets, seconds, with the calls at or below each; ascending. */
  readonly buckets: readonly (readonly [number, number])[];
}

/** Methods that carry requests: what nodes ask each other all the time would drown them. */
const REQUESTS: readonly string[] = ['Execute', 'ExecuteBatch', 'Endorse', 'QueryState', 'Stage', 'Submit', 'View'];

export function callTotals(samples: readonly MetricSample[]): CallTotals {
  const of = (name: string): MetricSample[] => samples.filter((sample) => sample.name === name && REQUESTS.includes(sample.labels.method ?? ''));
  const ended = of('selvedge_rpc_calls_total');
  const sum = (some: readonly MetricSample[]): number => some.reduce((total, { value }) => total + value, 0);
  const buckets = new Map<number, number>();
  for (const { labels, value } of of('selvedge_rpc_call_seconds_bucket')) {
    const bound = labels.le === '+Inf' ? Infinity : Number(labels.le);
    if (!Number.isNaN(bound)) buckets.set(bound, (buckets.get(bound) ?? 0) + value);
  }
  return { calls: sum(ended), refused: sum(ended.filter(({ labels }) => labels.code !== 'OK')), buckets: [...buckets].sort(([a], [b]) => a - b) };
}

/**
 * The time that a share of the calls between two scrapes stayed below, in milliseconds, as Prometheus' histogram_quantile reckons it;
 * undefined when there were none. @param share from 0 to 1
 */
export function quantileMs(before: CallTotals, after: CallTotals, share: number): number | undefined {
  const earlier = new Map(before.buckets);
  const counts = after.buckets.map(([bound, total]): readonly [number, number] => [bound, total - (earlier.get(bound) ?? 0)]);
  const all = counts.at(-1)?.[1] ?? 0;
  if (all <= 0) return undefined;
  const rank = share * all;
  let [lowerBound, lowerCount] = [0, 0];
  for (const [bound, upTo] of counts) {
    if (upTo >= rank) return bound === Infinity ? lowerBound * 1_000 : (lowerBound + (bound - lowerBound) * ((rank - lowerCount) / Math.max(upTo - lowerCount, 1))) * 1_000;
    [lowerBound, lowerCount] = [bound, upTo];
  }
  return undefined;
}

/** Calls that ended otherwise than OK, by code. */
export function refusalCounts(samples: readonly MetricSample[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { name, labels, value } of samples) {
    const code = labels.code;
    // A TEE's refusals under the response key end as OK calls: it counts them itself.
    if ((name !== 'selvedge_rpc_calls_total' && name !== 'selvedge_refusals_total') || code === undefined || code === 'OK' || value <= 0) continue;
    counts.set(code, (counts.get(code) ?? 0) + value);
  }
  return counts;
}
