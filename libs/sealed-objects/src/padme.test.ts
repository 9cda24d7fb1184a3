import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { padmeLength } from './padme.js';

describe('Padmé', () => {
  it.each([
    [0, 0],
    [1, 1],
    [2, 2],
    [3, 3],
    [9, 10],
    [100, 104],
    [1000, 1024],
    [1025, 1088],
    [65_537, 67_584],
    [1_000_000, 1_015_808],
  ])('pads %i to %i bytes', (length, padded) => {
    expect(padmeLength(length)).toBe(padded);
  });

  it('never shortens, is monotonic, a fixed point of itself, and adds at most 12 %', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(5000), fc.nat(2 ** 30)), (length) => {
        const padded = padmeLength(length);
        expect(padded).toBeGreaterThanOrEqual(length);
        expect(padded).toBeLessThanOrEqual(length * 1.12);
        expect(padmeLength(padded)).toBe(padded);
        expect(padmeLength(length + 1)).toBeGreaterThanOrEqual(padded);
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves few lengths to tell apart', () => {
    const lengths = new Set(Array.from({ length: 1_000_000 }, (_, i) => padmeLength(i)));
    expect(lengths.size).toBeLessThan(350);
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 31])('refuses %d', (length) => {
    expect(() => padmeLength(length)).toThrow(RangeError);
  });
});
