import type { CpuByPart } from './accounting.js';
import type { Measurement, Slice } from './points.js';

/** The middle value, of two the mean; those that are not numbers do not count. NaN when none is left. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

/** What the slices of one side say together. */
export function summarise(slices: readonly Slice[]): Pick<Measurement, 'runs' | 'calls' | 'failures' | 'perSecond' | 'p50' | 'p95' | 'perSecondByRun' | 'p50ByRun' | 'cpu'> {
  const calls = slices.reduce((sum, slice) => sum + slice.calls, 0);
  const cpu = total(slices.map((slice) => slice.cpu));
  return {
    runs: slices.length,
    calls,
    failures: total(slices.map(({ failures }) => failures)),
    perSecond: median(slices.map(({ perSecond }) => perSecond)),
    p50: median(slices.map(({ p50 }) => p50)),
    p95: median(slices.map(({ p95 }) => p95)),
    perSecondByRun: slices.map(({ perSecond }) => perSecond),
    p50ByRun: slices.map(({ p50 }) => p50),
    // The kernel counts in hundredths of a second: a median over short slices would be coarse.
    cpu: calls === 0 ? {} : Object.fromEntries(Object.entries(cpu).map(([part, ms]) => [part, ms / calls])),
  };
}

function total(records: readonly Readonly<Record<string, number>>[]): CpuByPart {
  const sums: Record<string, number> = {};
  for (const record of records) for (const [name, value] of Object.entries(record)) sums[name] = (sums[name] ?? 0) + value;
  return sums;
}
