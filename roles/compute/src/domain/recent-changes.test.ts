import { expect, it } from 'vitest';
import { createRecentChanges } from './recent-changes.js';

it('what is unchanged since a height is known as far back as blocks were seen one after the other, and 64 of them', () => {
  const recent = createRecentChanges();
  expect(recent.areUnchangedSince(5n, ['a'])).toBe(false);
  recent.advance({ from: 0n, to: 5n, changes: undefined });
  expect([4n, 5n, 6n].map((height) => recent.areUnchangedSince(height, ['a']))).toEqual([false, true, true]);
  recent.advance({ from: 5n, to: 7n, changes: [['a'], ['b']] });
  expect([5n, 6n].map((height) => recent.areUnchangedSince(height, ['a']))).toEqual([false, true]);
  expect([5n, 6n, 7n].map((height) => recent.areUnchangedSince(height, ['c', 'b']))).toEqual([false, false, true]);
  expect(recent.areUnchangedSince(5n, ['c'])).toBe(true);
  recent.advance({ from: 7n, to: 71n, changes: Array.from({ length: 64 }, () => ['z']) });
  expect([6n, 7n].map((height) => recent.areUnchangedSince(height, ['c']))).toEqual([false, true]);
  recent.advance({ from: 71n, to: 90n, changes: undefined });
  expect([89n, 90n].map((height) => recent.areUnchangedSince(height, ['c']))).toEqual([false, true]);
});
