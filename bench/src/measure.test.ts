import { describe, expect, it } from 'vitest';
import { measureComparison, type Place } from './measure.js';
import type { Comparison, Measurement, Side } from './points.js';
import { measurement } from './testdata/points.js';
import { createVirtualClock } from './testdata/virtual-clock.js';

const side: Side = { subject: 'plain', workload: 'update', loop: 'closed', inFlight: 1, batch: 1, valueBytes: 1_024, keys: 1_000, spread: 'uniform', computeNodes: 1 };
const LATENCY_MS: Readonly<Record<string, number>> = { plain: 50, selvedge: 25 };

/** Calls take as long as their subject's do; the log says whose calls ran, one after another. @param latencyMs of the nth call */
async function measure(sides: readonly Side[], earlier: readonly Measurement[] = [], latencyMs?: (calls: number) => number): Promise<{ readonly measured: readonly Measurement[]; readonly log: readonly string[]; readonly said: readonly string[] }> {
  const clock = createVirtualClock();
  const log: string[] = [];
  const said: string[] = [];
  let calls = 0;
  const bench: ReturnType<Place['benchOf']> = {
    fill: ({ subject }) => Promise.resolve(void log.push(`fill ${subject}`)),
    processes: () => [],
    callOf: ({ subject }) =>
      Promise.resolve(async () => {
        if (log.at(-1) !== subject) log.push(subject);
        calls += 1;
        await clock.sleep(latencyMs?.(calls) ?? LATENCY_MS[subject] ?? 0);
      }),
  };
  const comparison: Comparison = { experiment: 'load', sides };
  const measured = await clock.run(measureComparison(comparison, { runs: 3, sliceMs: 1_000 }, { number: 7, benchOf: () => bench, earlier, say: (text) => void said.push(text), clock }));
  return { measured, log, said };
}

describe('a comparison', () => {
  it('fills, warms up, and lets its sides take turns', async () => {
    const { measured, log } = await measure([side, { ...side, subject: 'selvedge' }]);
    expect(log).toEqual(['fill plain', 'fill selvedge', 'plain', 'selvedge', 'plain', 'selvedge', 'plain', 'selvedge', 'plain', 'selvedge']);
    expect(measured).toMatchObject([
      { subject: 'plain', experiment: 'load', comparison: 7, runs: 3, perSecond: 20, p50: 50, perSecondByRun: [20, 20, 20] },
      { subject: 'selvedge', comparison: 7, runs: 3, perSecond: 40, p50: 25 },
    ]);
  });

  it('tells how far it is', async () => {
    const { said } = await measure([side, { ...side, subject: 'selvedge' }, { ...side, subject: 'selvedge', computeNodes: 8 }]);
    expect(said).toEqual([
      '  plain is warm: slow calls take 50 ms',
      '  selvedge, compute nodes 1 is warm: slow calls take 25 ms',
      '  selvedge, compute nodes 8 is warm: slow calls take 25 ms',
      '  measuring for 1 min',
      ...[1, 2, 3].map((run) => `  ${String(run)} of 3: plain: 20/s; selvedge, compute nodes 1: 40/s; selvedge, compute nodes 8: 40/s`),
    ]);
  });

  it('begins when the warm-up has made its sides no faster', async () => {
    const { measured } = await measure([side], [], (calls) => Math.max(10, 100 - calls));
    expect(measured[0]?.perSecondByRun).toEqual([100, 100, 100]);
  });

  it('does not take a pause in getting faster for its end', async () => {
    const { measured } = await measure([side], [], (calls) => (calls < 110 ? 100 : 10));
    expect(measured[0]?.perSecondByRun).toEqual([100, 100, 100]);
  });

  it('measures for as long as slow calls need', async () => {
    const { measured } = await measure([{ ...side, inFlight: 8 }], [], () => 3_000);
    expect(measured[0]?.perSecondByRun.map((rate) => rate.toFixed(2))).toEqual(['2.67', '2.67', '2.67']);
  });

  it('begins at last where no call succeeds', async () => {
    const { measured } = await measure([side], [], () => 60_000);
    expect(measured[0]).toMatchObject({ calls: 0, runs: 3 });
  });

  it('offers an open loop a share of what the closed loop reached, and leaves out one without it', async () => {
    const sides: Side[] = [{ ...side, loop: 'open' }, { ...side, loop: 'open', subject: 'selvedge' }];
    const { measured } = await measure(sides, [measurement({ subject: 'plain', inFlight: 1, rates: [10] }), measurement({ subject: 'selvedge', inFlight: 8 })]);
    expect(measured).toMatchObject([{ subject: 'plain', loop: 'open', offeredPerSecond: 8 }]);
    expect(measured).toHaveLength(1);
    expect(measured[0]?.perSecond).toBeCloseTo(8, 0);
  });
});
