import { describe, expect, it } from 'vitest';
import { isReached } from '../ratios.js';
import { compareMemory, mostGrowth } from './memory.js';
import type { Moment, OverloadResult } from './measure-overload.js';
import { overloadRatios } from './overload-ratios.js';
import { renderOverload } from './overload-report.js';
import { summarisePhase } from './phases.js';
import { queueIn, type Sample } from './samples.js';

const sample = (atMs: number, memoryMiB: Sample['memoryMiB']): Sample => ({ atMs, memoryMiB, queued: {} });

describe('memory', () => {
  it('is the highest of the first stretch and of the last, of processes that were there all the time', () => {
    const samples = [sample(0, { a: 100, b: 10 }), sample(10, { a: 120, b: 10 }), sample(20, { a: 500, b: 10 }), sample(30, { a: 150, b: 20, late: 5 }), sample(40, { a: 140, b: 20, late: 5 })];
    const memory = compareMemory(samples, 10, sample(50, { a: 90, b: 20, late: 5 }));
    expect(memory).toEqual([{ process: 'a', firstMiB: 120, lastMiB: 150, afterMiB: 90 }, { process: 'b', firstMiB: 10, lastMiB: 20, afterMiB: 20 }]);
    expect(mostGrowth(memory)).toBe(2);
  });
});

describe('a page of metrics', () => {
  it('tells a queue, else the calls under way', () => {
    const calls = '# TYPE selvedge_rpc_in_flight gauge\nselvedge_rpc_in_flight{service="s",method="a"} 2\nselvedge_rpc_in_flight{service="s",method="b"} 3\n';
    expect([queueIn(calls), queueIn(`${calls}selvedge_queue_depth 7\nselvedge_queue_capacity 320\n`), queueIn('selvedge_ready 1\n')]).toEqual([5, 7, undefined]);
  });
});

const moments = Array.from({ length: 40 }, (_, i): Moment => ({ second: i - 5, offered: 400, accepted: 90, refused: { OVERLOADED: 310 }, p50: 900, p95: 1_000, ended: 90, memoryMiB: 1_000 + i, queued: { 'compute-1': i } }));
const RESULT: OverloadResult = {
  workload: 'update', batch: 64, gateways: 4, capacityPerSecond: 100,
  before: summarisePhase(moments.slice(0, 5)),
  overload: summarisePhase(moments.slice(5, 35)),
  recoverySeconds: 3,
  memory: [{ process: 'compute-1', firstMiB: 200, lastMiB: 220, afterMiB: 210 }],
  queues: { 'compute-1': { most: 39, after: 0 } },
  died: [],
  mostOutstanding: 4_096,
  moments,
};

describe('the ratios of an overload', () => {
  it('say how much of the capacity was left, how memory grew and how long it took to recover', () => {
    const ratios = overloadRatios(RESULT);
    expect(ratios.map(({ name, value }) => [name, value])).toEqual([['overloadMemory', 1.1], ['overloadGoodput', 0.9], ['overloadRecoverySeconds', 3]]);
    expect(ratios.map(isReached)).toEqual([true, true, true]);
  });

  it('say so when it did not recover', () => {
    const ratio = overloadRatios({ ...RESULT, recoverySeconds: undefined })[2];
    expect(ratio).toMatchObject({ value: 60, method: expect.stringContaining('not reached within 60 s') as string });
    expect(ratio !== undefined && isReached(ratio)).toBe(false);
  });
});

describe('the report of an overload', () => {
  it('has its course before, during and after, its refusals and every process', () => {
    const lines = renderOverload(RESULT);
    const rows = lines.filter((line) => /^ +-?\d+ +-?\d+ /.test(line));
    expect(rows).toHaveLength(12);
    expect(rows[0]).toMatch(/^ +-5 +0 .* OVERLOADED 1550$/);
    expect(rows[1]).toMatch(/^ +0 +3 +400 +90 +900 +1000 +1007 +7 +OVERLOADED 930$/);
    const text = lines.join('\n');
    expect(text).toContain('OVERLOADED 9300');
    expect(text).toContain('as before 3 s after it; most calls under way in the generator: 4096; processes that died: none');
    expect(text).toMatch(/compute-1 +200 +220 +210 +39 +0/);
    expect(renderOverload({ ...RESULT, recoverySeconds: undefined, died: ['compute-1'] }).join('\n')).toContain('as before not again; most calls under way in the generator: 4096; processes that died: compute-1');
  });
});
