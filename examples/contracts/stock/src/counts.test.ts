import { describe, expect, it } from 'vitest';
import { collectionOf, sumCounts } from './counts';

const part = (warehouse: string, stones: number, points: number) => ({ arguments: [warehouse], result: JSON.stringify({ stones, points }) });
const sumOf = (...parts: object[]) => sumCounts(JSON.stringify(parts));

describe('a total', () => {
  it('is the sum of all warehouses, in whatever order', () => {
    const total = { stones: 5, points: 260 };
    expect(sumOf(part('aurora', 2, 110), part('borealis', 3, 150))).toEqual(total);
    expect(sumOf(part('borealis', 3, 150), part('aurora', 2, 110))).toEqual(total);
  });

  it('leaves no warehouse out and counts none twice', () => {
    const [aurora, borealis] = [part('aurora', 2, 110), part('borealis', 3, 150)];
    for (const parts of [[], [aurora], [aurora, aurora], [aurora, borealis, borealis], [aurora, { ...borealis, arguments: [] }]]) expect(() => sumOf(...parts)).toThrow(/must be counted once/);
  });

  it('is of warehouses that there are', () => {
    expect(collectionOf('aurora')).toBe('auroraStock');
    expect(() => collectionOf('celesta')).toThrow(/no warehouse celesta/);
  });
});
