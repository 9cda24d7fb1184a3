import type { CryptoFloor } from '../crypto-floor.js';
import type { Measurement } from '../points.js';
import { summarise } from '../summary.js';

export const FLOOR: CryptoFloor = { computeQuery: 0.2, computeUpdate: 0.5, computeBatchedUpdate: 0.25, endorserUpdate: 0.1, followerUpdate: 0.15 };

/** A measurement whose slices had these rates, and one call for each of a rate. */
export function measurement({ rates = [10], p50s = rates.map(() => 5), ...side }: Partial<Measurement> & { readonly rates?: readonly number[]; readonly p50s?: readonly number[] }): Measurement {
  const slices = rates.map((rate, i) => ({ calls: rate, failures: {}, perSecond: rate, p50: p50s[i] ?? 5, p95: 9, cpu: { client: rate * 2, compute: rate * 0.5 } }));
  return {
    experiment: 'load', comparison: 0, subject: 'selvedge', workload: 'update', loop: 'closed', inFlight: 128, batch: 1, valueBytes: 1_024, keys: 1_000, spread: 'uniform', computeNodes: 1,
    ...summarise(slices),
    ...side,
  };
}
