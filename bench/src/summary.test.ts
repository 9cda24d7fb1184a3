import { describe, expect, it } from 'vitest';
import { median, summarise } from './summary.js';

describe('median', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[Number.NaN, 7], 7],
    [[], Number.NaN],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });
});

describe('slices', () => {
  it('give medians of rates and latencies, sums of calls and refusals, and CPU per call over all of them', () => {
    const slice = { failures: { BUSY: 1 }, p95: 30, cpu: { compute: 100, client: 20 } };
    expect(summarise([
      { ...slice, calls: 10, perSecond: 10, p50: 5 },
      { ...slice, calls: 30, perSecond: 30, p50: 9 },
      { ...slice, calls: 0, perSecond: 0, p50: Number.NaN, p95: Number.NaN, failures: { STALE: 2 }, cpu: { compute: 0 } },
    ])).toEqual({ runs: 3, calls: 40, failures: { BUSY: 2, STALE: 2 }, perSecond: 10, p50: 7, p95: 30, perSecondByRun: [10, 30, 0], p50ByRun: [5, 9, Number.NaN], cpu: { compute: 5, client: 1 } });
  });

  it('have no CPU per call without a call', () => {
    expect(summarise([{ calls: 0, failures: {}, perSecond: 0, p50: Number.NaN, p95: Number.NaN, cpu: { compute: 10 } }]).cpu).toEqual({});
  });
});
