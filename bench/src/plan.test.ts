import { describe, expect, it } from 'vitest';
import { parseBenchOptions, type BenchOptions } from './options.js';
import { estimateSeconds, planComparisons } from './plan.js';

const options = (line: string): BenchOptions => parseBenchOptions(line.split(' ')) as BenchOptions;

describe('the plan', () => {
  it('sets every subject against the others in one comparison', () => {
    const [update, query] = planComparisons(options('--ledger fabric --experiments load --in-flight 128 --loop closed'));
    expect(update?.sides.map(({ subject, workload, batch }) => [subject, workload, batch])).toEqual([['plain', 'update', 1], ['public', 'update', 1], ['selvedge', 'update', 1], ['batched', 'update', 64]]);
    expect(query?.sides.every(({ workload }) => workload === 'query')).toBe(true);
  });

  it('has no plain side where there is no Fabric', () => {
    const subjects = planComparisons(options('--full')).flatMap(({ sides }) => sides.map(({ subject }) => subject));
    expect(new Set(subjects)).toEqual(new Set(['selvedge', 'batched']));
  });

  it('closes a loop before it opens one', () => {
    const loops = planComparisons(options('--experiments load --loop open,closed --in-flight 8 --workload update')).map(({ sides }) => sides[0]?.loop);
    expect(loops).toEqual(['closed', 'open']);
  });

  it('keeps two batches of each size full', () => {
    const [update] = planComparisons(options('--experiments batch --workload update'));
    expect(update?.sides.map(({ subject, batch, inFlight }) => [subject, batch, inFlight])).toEqual([['selvedge', 1, 128], ['batched', 10, 128], ['batched', 50, 128], ['batched', 200, 400]]);
  });

  it('sets one hot key against the best that plain Fabric can do', () => {
    const [hot] = planComparisons(options('--ledger fabric --experiments hot'));
    expect(hot?.sides.map(({ subject, inFlight, spread }) => [subject, inFlight, spread])).toEqual([['plain', 128, 'hot'], ['plain', 1, 'hot'], ['selvedge', 128, 'hot'], ['batched', 128, 'hot']]);
    expect(planComparisons(options('--experiments hot --workload query'))).toEqual([]);
  });

  it('sets every number of keys against the fewest, and sizes and nodes against each other', () => {
    const keys = planComparisons(options('--experiments keys --workload query')).map(({ sides }) => sides.map((side) => side.keys));
    expect(keys).toEqual([[1_000, 10_000], [1_000, 100_000], [1_000, 1_000_000]]);
    const [nodes] = planComparisons(options('--experiments nodes'));
    expect(nodes?.sides.map(({ computeNodes, inFlight }) => [computeNodes, inFlight])).toEqual([[1, 4], [2, 8], [4, 16], [8, 32]]);
    const sizes = planComparisons(options('--experiments values --workload update')).map(({ sides }) => sides.map(({ valueBytes }) => valueBytes));
    expect(sizes).toEqual([[100, 100], [1_024, 1_024], [16_384, 16_384], [65_536, 65_536]]);
  });

  it('has no batches where they are to hold nothing, and leaves an overload its own course', () => {
    const plan = planComparisons(options('--experiments load,hot,overload --batch 0 --in-flight 8'));
    expect(plan.map(({ experiment, sides }) => [experiment, ...sides.map(({ subject }) => subject)])).toEqual([['load', 'selvedge'], ['load', 'selvedge'], ['hot', 'selvedge']]);
  });

  it('measures for a quarter of an hour by default', () => {
    const fabric = options('--ledger fabric');
    const minutes = estimateSeconds(planComparisons(fabric), fabric) / 60;
    expect(minutes).toBeGreaterThan(12);
    expect(minutes).toBeLessThan(18);
  });
});
