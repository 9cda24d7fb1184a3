import { describe, expect, it } from 'vitest';
import { isSelvedgeError } from '@selvedge/errors';
import { createCallLimit, createRateLimit, type BrokerRates } from './rate-limit.js';

let nowMs = 0;
const clock = (): number => nowMs;

/** How many of so many calls are served. */
function served(call: () => void, times: number): number {
  let count = 0;
  for (let i = 0; i < times; i += 1) {
    try {
      call();
      count += 1;
    } catch (error) {
      if (!isSelvedgeError(error, 'RATE_LIMITED')) throw error;
    }
  }
  return count;
}

describe('a rate limit', () => {
  const create = (maxCallers?: number) => createRateLimit({ rate: { burst: 5, perSecond: 2 }, what: 'calls', clock, ...(maxCallers === undefined ? {} : { maxCallers }) });

  it('serves a burst, and then as many as the rate allows', () => {
    const limit = create();
    const take = () => { limit.take('a'); };
    expect(served(take, 10)).toBe(5);
    nowMs += 1_000;
    expect(served(take, 10)).toBe(2);
    nowMs += 3_600_000;
    expect(served(take, 10)).toBe(5);
  });

  it('says how long to wait, and a call that waits so long is served', () => {
    const limit = create();
    served(() => { limit.take('a'); }, 5);
    expect(() => { limit.take('a'); }).toThrow(/wait 0\.5 s/);
    nowMs += 500;
    expect(served(() => { limit.take('a'); }, 2)).toBe(1);
  });

  it('counts each caller by itself', () => {
    const limit = create();
    expect(served(() => { limit.take('a'); }, 9)).toBe(5);
    expect(served(() => { limit.take('b'); }, 9)).toBe(5);
  });

  it('holds no more callers than it may, and forgets the quietest', () => {
    const limit = create(2);
    served(() => { limit.take('a'); }, 5);
    served(() => { limit.take('b'); }, 5);
    expect(served(() => { limit.take('a'); }, 1)).toBe(0);
    limit.take('c');
    expect(served(() => { limit.take('a'); }, 1)).toBe(0);
    expect(served(() => { limit.take('b'); }, 1)).toBe(1);
  });
});

describe('the limit of calls', () => {
  const rates: Pick<BrokerRates, 'calls' | 'callsPerAddress'> = { callsPerAddress: { burst: 3, perSecond: 1 }, calls: { burst: 5, perSecond: 1 } };
  const create = (reports: number[] = []) => createCallLimit({ rates, clock, onRefused: (count) => void reports.push(count) });

  it('is of an address, whatever its ports', () => {
    const limit = create();
    let port = 50_000;
    expect(served(() => { limit(`10.0.0.1:${String((port += 1))}`); }, 9)).toBe(3);
    expect(served(() => { limit('[fe80::1]:50000'); }, 1)).toBe(1);
  });

  it('is of all addresses together, and one alone does not use that up', () => {
    const limit = create();
    expect(served(() => { limit('10.0.0.1:1'); }, 9)).toBe(3);
    expect(served(() => { limit('10.0.0.2:1'); }, 9)).toBe(2);
    expect(served(() => { limit('10.0.0.3:1'); }, 9)).toBe(0);
  });

  it('reports what it refused, once a minute', () => {
    const reports: number[] = [];
    const limit = create(reports);
    served(() => { limit('10.0.0.1:1'); }, 13);
    expect(reports).toEqual([1]);
    nowMs += 60_000;
    served(() => { limit('10.0.0.1:1'); }, 4);
    expect(reports).toEqual([1, 10]);
  });
});
