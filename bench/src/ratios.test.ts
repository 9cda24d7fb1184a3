import { describe, expect, it } from 'vitest';
import type { Measurement } from './points.js';
import { isReached, ratiosOf } from './ratios.js';
import { FLOOR, measurement } from './testdata/points.js';

const values = (points: readonly Measurement[]): Record<string, number> => Object.fromEntries(ratiosOf(points, FLOOR).map(({ name, value }) => [name, value]));

describe('ratios', () => {
  it('are medians over pairs of neighbouring slices', () => {
    const ours = measurement({ subject: 'selvedge', rates: [10, 90, 30] });
    const plain = measurement({ subject: 'plain', rates: [10, 100, 10] });
    expect(ratiosOf([ours, plain], FLOOR)).toMatchObject([{ name: 'singleUpdate', value: 1, runs: 3, aim: { bound: 'at least', value: 0.8 } }]);
  });

  it('are absent when a side was not measured, or not in the same comparison, or not under the load that counts', () => {
    expect(values([])).toEqual({});
    expect(values([measurement({ subject: 'selvedge' })])).toEqual({});
    expect(values([measurement({ subject: 'selvedge', comparison: 1 }), measurement({ subject: 'plain', comparison: 2 })])).toEqual({});
    expect(values([measurement({ subject: 'selvedge', inFlight: 32 }), measurement({ subject: 'plain', inFlight: 32 })])).toEqual({});
    expect(values([measurement({ subject: 'selvedge', loop: 'open' }), measurement({ subject: 'plain', loop: 'open' })])).toEqual({});
  });

  it('are absent when a side never had a call', () => {
    expect(values([measurement({ subject: 'selvedge', rates: [5] }), measurement({ subject: 'plain', rates: [0, 0] })])).toEqual({});
  });

  it('divide means where a slice of the divisor had no call', () => {
    const hot = { experiment: 'hot' as const, spread: 'hot' as const };
    expect(values([measurement({ ...hot, subject: 'plain', rates: [0, 4] }), measurement({ ...hot, subject: 'batched', rates: [300, 500] })])).toEqual({ hotKeyUpdate: 200 });
  });

  it('set a hot key against the better of plain Fabric under load and one at a time', () => {
    const hot = { experiment: 'hot' as const, spread: 'hot' as const };
    expect(values([measurement({ ...hot, subject: 'plain', rates: [2] }), measurement({ ...hot, subject: 'plain', inFlight: 1, rates: [5] }), measurement({ ...hot, subject: 'batched', rates: [500] })])).toEqual({ hotKeyUpdate: 100 });
  });

  it('take the CPU of the compute node, of the batched update, over its floor', () => {
    expect(values([measurement({ subject: 'batched' })])).toEqual({ computeCpuOverFloor: 2 });
  });

  it('take the difference of the latencies of one at a time', () => {
    expect(values([measurement({ inFlight: 1, rates: [4, 4, 4], p50s: [240, 250, 300] }), measurement({ inFlight: 1, subject: 'plain', rates: [4, 4, 4], p50s: [230, 228, 280] })])).toEqual({ singleUpdateAddedMs: 20 });
  });

  it('take the time of a read at a million keys over that at a thousand', () => {
    const keys = { experiment: 'keys' as const, workload: 'query' as const };
    expect(values([measurement({ ...keys, keys: 1_000, rates: [120] }), measurement({ ...keys, keys: 1_000_000, rates: [100] })])).toEqual({ pointReadAtMillionKeys: 1.2 });
    expect(values([measurement({ ...keys, keys: 1_000, rates: [120] }), measurement({ ...keys, keys: 100_000, rates: [100] })])).toEqual({});
  });

  it('take eight compute nodes over one', () => {
    const nodes = { experiment: 'nodes' as const, workload: 'wait' as const };
    expect(values([measurement({ ...nodes, computeNodes: 1, inFlight: 4, rates: [40] }), measurement({ ...nodes, computeNodes: 8, inFlight: 32, rates: [300] })])).toEqual({ scaleOut8: 7.5 });
  });

  it('know their aim', () => {
    const ratio = { name: 'x', method: '', runs: 1, value: 5 };
    expect([isReached({ ...ratio, aim: { bound: 'at least', value: 5 } }), isReached({ ...ratio, aim: { bound: 'at most', value: 4 } }), isReached(ratio)]).toEqual([true, false, undefined]);
  });
});
