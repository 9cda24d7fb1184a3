import { describe, expect, it } from 'vitest';
import { orderSets } from './endorsing-order.js';
import { createNodeRotation } from './rotation.js';

const sets = [['A', 'B'], ['A', 'C'], ['B', 'C']];
const rotation = () => createNodeRotation({ nowMs: () => 0, penaltyMs: 100 });
const names = (ordered: readonly (readonly string[])[]): string => ordered.map((set) => set.join('')).join(' ');

describe('orderSets', () => {
  it('takes equal sets in turn, so that every organisation gets its share', () => {
    const shared = rotation();
    expect([1, 2, 3].map(() => names(orderSets(sets, shared)))).toEqual(['AB AC BC', 'BC AB AC', 'AC BC AB']);
  });

  it('tries sets without those that failed a moment ago first, then the smaller', () => {
    const failed = rotation();
    failed.failed('B');
    expect(names(orderSets(sets, failed))).toBe('AC AB BC');
    expect(names(orderSets([['A', 'C', 'D'], ['B'], ['E', 'A']], failed))).toBe('EA ACD B');
    expect(orderSets([], failed)).toEqual([]);
  });
});
