import { describe, expect, it } from 'vitest';
import { parseBenchOptions, USAGE, type BenchOptions } from './options.js';

const parse = (line: string): BenchOptions => parseBenchOptions(line === '' ? [] : line.split(' ')) as BenchOptions;

describe('the command line', () => {
  it('has defaults', () => {
    expect(parse('')).toMatchObject({ ledger: 'embedded', keepers: 'endorsers', experiments: ['load', 'hot', 'batch', 'nodes'], seconds: 8, runs: 4, inFlight: [1, 8, 32, 128], loops: ['closed'], workloads: ['update', 'query'], keys: 1_000, valueBytes: 1_024, batch: 64, batchSizes: [1, 10, 50, 200], valueSizes: [100, 1_024, 16_384, 65_536], keyCounts: [1_000, 10_000, 100_000, 1_000_000], nodeCounts: [1, 2, 4, 8], overloadSeconds: 300, state: false, alternatives: false });
  });

  it('measures everything with --full, and anything of it that flags say otherwise', () => {
    expect(parse('--full')).toMatchObject({ experiments: ['load', 'hot', 'batch', 'values', 'nodes', 'keys', 'overload'], inFlight: [1, 8, 32, 128], loops: ['closed', 'open'] });
    expect(parse('--ledger fabric')).toMatchObject({ inFlight: [1, 8, 32, 128], loops: ['closed', 'open'] });
    expect(parse('--full --in-flight 4')).toMatchObject({ inFlight: [4] });
    expect(parse('--scale --ledger fabric')).toMatchObject({ ledger: 'fabric', experiments: ['nodes'] });
    expect(parse('--experiments keys,values --key-counts 100,200').keyCounts).toEqual([100, 200]);
  });

  it('compares both ways of keeping packets on Fabric', () => {
    expect(parse('--ledger fabric').keepers).toBe('endorsers');
    expect(parse('--ledger fabric --keepers none').keepers).toBe('none');
  });

  it.each([
    ['--keepers none', /--keepers needs --ledger fabric/],
    ['--ledger fabric --keepers owners', /--keepers: endorsers or none/],
    ['--ledger bitcoin', /--ledger: embedded or fabric/],
    ['--seconds 0', /--seconds: a whole number from 1/],
    ['--seconds 1e9', /--seconds/],
    ['--batch 1', /--batch: a whole number from 2/],
    ['--overload-seconds 1', /from 5/],
    ['--batch-sizes 1,,2', /--batch-sizes: a whole number/],
    ['--batch-sizes 300', /from 1 to 256/],
    ['--in-flight 8,8', /--in-flight: each once/],
    ['--experiments load,speed', /--experiments: load or hot/],
    ['--full --scale', /--full has what --scale asks for/],
    ['--full --experiments load', /give one of them/],
    ['--state --alternatives', /give one of them/],
    ['--fast', /--fast/],
    ['stray', /stray/],
  ])('refuses %s', (line, message) => {
    expect(() => parse(line)).toThrow(message);
  });

  it('explains each of its flags', () => {
    expect(parseBenchOptions(['--help'])).toBe('help');
    for (const flag of ['ledger', 'keepers', 'experiments', 'full', 'scale', 'seconds', 'runs', 'in-flight', 'loop', 'workload', 'compute-nodes', 'keys', 'value-bytes', 'batch', 'batch-delay', 'batch-sizes', 'value-sizes', 'key-counts', 'node-counts', 'overload-seconds', 'json', 'html', 'profile', 'state', 'alternatives']) expect(USAGE).toContain(`--${flag} `);
  });
});
