import { describe, expect, it } from 'vitest';
import { createRequests, fillRequests, parseRoundArguments } from './requests.js';
import { parseRequest } from './request.js';

describe("a round's arguments", () => {
  it('have the benchmark’s defaults', () => {
    expect(parseRoundArguments(undefined)).toEqual({ workload: 'update', keys: 1_000, valueBytes: 1_024, spread: 'uniform' });
  });

  it.each([{ workload: 'delete' }, { spread: 'cold' }, { keys: 0 }, { keys: '10' }, { keys: 1e9 }, { valueBytes: 1.5 }, { valueBytes: 1e6 }])('are refused when they are %j', (value) => {
    expect(() => parseRoundArguments(value)).toThrow(TypeError);
  });
});

describe("a worker's requests", () => {
  const round = parseRoundArguments({ keys: 2_000 });

  it('are requests, and start at keys of their own', () => {
    const keys = [0, 1, 2, 3].map((index) => parseRequest(createRequests(round, { index, of: 4 })()).contractArguments[0]);
    expect(keys).toEqual(['value-1024-0', 'value-1024-500', 'value-1024-1000', 'value-1024-1500']);
    expect(createRequests({ ...round, workload: 'query' }, { index: 0, of: 1 })()).toEqual({ contractFunction: 'Read', contractArguments: ['value-1024-0'], transientMap: {}, readOnly: true });
  });

  it('fill every key once among them', () => {
    const counts = [0, 1, 2].flatMap((index) => fillRequests(round, { index, of: 3 })).map(({ contractArguments }) => contractArguments.slice(2, 4).map(Number));
    expect(counts.sort(([a = 0], [b = 0]) => a - b)).toEqual([[0, 500], [500, 500], [1_000, 500], [1_500, 500]]);
  });
});
