import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeOf, createKeySequence, fillSteps, memoLength, verifyAnswer } from './values.js';

describe('the workload', () => {
  it('goes over every key once before any comes again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer({ min: 1, max: 5_000 }), fc.constantFrom(7_919, 2 * 7_919)), (keys) => {
        const next = createKeySequence({ keys, valueBytes: 100, spread: 'uniform' });
        expect(new Set(Array.from({ length: keys }, next)).size).toBe(keys);
        expect(next()).toBe('value-100-0');
      }),
      { numRuns: 50 },
    );
  });

  it('meets on one key when it is hot', () => {
    const next = createKeySequence({ keys: 1_000, valueBytes: 1_024, spread: 'hot' });
    expect(new Set(Array.from({ length: 50 }, next))).toEqual(new Set(['value-1024-0']));
  });

  it.each([100, 1_024, 16_384, 65_536])('stores values of %i bytes', (valueBytes) => {
    const stored = JSON.stringify({ total: 100, updates: 100, memo: 'm'.repeat(memoLength(valueBytes)) });
    expect(stored).toHaveLength(valueBytes);
    verifyAnswer(Buffer.from(stored), valueBytes);
    expect(() => { verifyAnswer(new Uint8Array(), valueBytes); }).toThrow(expect.objectContaining({ code: 'WRONG_ANSWER' }));
    expect(changeOf(valueBytes).length).toBeGreaterThan(valueBytes * 0.8);
    expect(changeOf(valueBytes).length).toBeLessThanOrEqual(valueBytes);
  });

  it('fills a state in transactions that hold every key once, and never too many bytes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 64, max: 65_536 }), (keys, valueBytes) => {
        const steps = fillSteps(keys, valueBytes);
        expect(steps.reduce((next, { from, count }) => (from === next ? next + count : Number.NaN), 0)).toBe(keys);
        expect(steps.every(({ count }) => count >= 1 && count <= 500 && (count === 1 || count * valueBytes <= 1_048_576))).toBe(true);
      }),
    );
  });
});
