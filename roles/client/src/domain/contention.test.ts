import { describe, expect, it } from 'vitest';
import { createContention, type Contention } from './contention.js';

/** Ends batches one after the other. */
const calm = (contention: Contention, batches: number): void => {
  for (let i = 0; i < batches; i += 1) contention.begin()(false);
};
const clash = (contention: Contention): void => {
  const [first, second] = [contention.begin(), contention.begin()];
  first(false);
  second(true);
};

describe('contention', () => {
  it('lets as many batches through as may be, while they do not meet', () => {
    const contention = createContention(3);
    calm(contention, 100);
    expect([contention.limit(), contention.isHigh()]).toEqual([3, false]);
  });

  it('brings batches that have met down to one at a time, and calm brings back one after the other', () => {
    const contention = createContention(3);
    clash(contention);
    expect([contention.limit(), contention.isHigh()]).toEqual([1, true]);
    calm(contention, 15);
    expect(contention.limit()).toBe(1);
    calm(contention, 1);
    expect(contention.limit()).toBe(2);
    calm(contention, 16);
    expect([contention.limit(), contention.isHigh()]).toEqual([3, false]);
  });

  it('counts a batch as met by one that began after it, too', () => {
    const contention = createContention(2);
    const [first, second] = [contention.begin(), contention.begin()];
    second(false);
    first(true);
    expect(contention.limit()).toBe(1);
  });

  it('waits longer each time that it was too soon, up to a bound, and forgets that in long calm', () => {
    const contention = createContention(2);
    const calmNeeded = (): number => {
      clash(contention);
      for (let batches = 0; ; batches += 1) {
        if (contention.limit() === 2) return batches;
        calm(contention, 1);
      }
    };
    expect(Array.from({ length: 7 }, calmNeeded)).toEqual([16, 32, 64, 128, 256, 256, 256]);
    calm(contention, 256);
    expect(calmNeeded()).toBe(16);
  });

  it('takes a conflict of a batch that was alone for another client’s', () => {
    const contention = createContention(2);
    contention.begin()(true);
    expect(contention.limit()).toBe(2);
  });
});
