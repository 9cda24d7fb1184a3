import { describe, expect, it, vi, afterEach, beforeEach } from 'vitest';
import { createBatchQueue } from './batch-queue.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Batches under way end when the test says so. */
function setting(policy: Parameters<typeof createBatchQueue>[0], isWanted?: (item: number) => boolean): { readonly batches: number[][]; readonly add: (...items: number[]) => void; readonly end: () => Promise<void> } {
  const batches: number[][] = [];
  const ends: (() => void)[] = [];
  const queue = createBatchQueue<number>(policy, (items) => {
    batches.push(items);
    return new Promise((resolve) => ends.push(resolve));
  }, isWanted);
  return {
    batches,
    add: (...items) => { items.forEach((item) => { queue.add(item); }); },
    end: async () => {
      ends.shift()?.();
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

describe('a batch queue', () => {
  it('sends what comes at one moment together, in order, and does not wait while nothing is under way', async () => {
    const { batches, add } = setting({ maxBatch: 10, maxBatchDelayMs: 1_000 });
    add(1);
    add(2, 3);
    expect(batches).toEqual([]);
    await vi.advanceTimersByTimeAsync(0);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('waits until as many are back as the last batch had, but for no longer than the delay', async () => {
    const { batches, add, end } = setting({ maxBatch: 10, maxBatchDelayMs: 5 });
    add(1, 2, 3);
    await vi.advanceTimersByTimeAsync(0);
    await end();
    add(4, 5);
    await vi.advanceTimersByTimeAsync(1);
    expect(batches).toHaveLength(1);
    add(6);
    await vi.advanceTimersByTimeAsync(0);
    expect(batches.slice(1)).toEqual([[4, 5, 6]]);
    await end();
    add(7);
    await vi.advanceTimersByTimeAsync(4);
    expect(batches).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(batches.slice(2)).toEqual([[7]]);
    await end();
    add(8);
    await vi.advanceTimersByTimeAsync(0);
    expect(batches.slice(3)).toEqual([[8]]);
  });

  it('collects a batch that is worth a call, within the delay, while another is under way', async () => {
    const { batches, add } = setting({ maxBatch: 20, maxBatchDelayMs: 5 });
    add(1);
    await vi.advanceTimersByTimeAsync(0);
    add(2);
    await vi.advanceTimersByTimeAsync(4);
    add(3);
    expect(batches).toEqual([[1]]);
    await vi.advanceTimersByTimeAsync(1);
    expect(batches).toEqual([[1], [2, 3]]);
  });

  it('does not wait for the delay once such a batch is there', async () => {
    const { batches, add } = setting({ maxBatch: 20, maxBatchDelayMs: 1_000 });
    add(0);
    await vi.advanceTimersByTimeAsync(0);
    add(1, 2, 3, 4, 5, 6, 7);
    await vi.advanceTimersByTimeAsync(1);
    expect(batches).toHaveLength(1);
    add(8);
    await vi.advanceTimersByTimeAsync(0);
    expect(batches[1]).toHaveLength(8);
  });

  it('does not wait for more than a batch takes', () => {
    const { batches, add } = setting({ maxBatch: 2, maxBatchDelayMs: 1_000 });
    add(1, 2, 3);
    expect(batches).toEqual([[1, 2]]);
  });

  it('shares what waits out among the batches that may start, where it is to', async () => {
    const { batches, add, end } = setting({ maxBatch: 12, maxBatchDelayMs: 5, maxInFlight: 2, isSharedOut: true });
    const sizes = (): number[] => batches.map((batch) => batch.length);
    const some = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
    add(...some(10)); // two times five would save little
    await vi.advanceTimersByTimeAsync(5);
    expect(sizes()).toEqual([8, 2]);
    add(...some(23));
    await end();
    expect(sizes().slice(2)).toEqual([12]); // a single place: as full as may be
    await end();
    expect(sizes().slice(3)).toEqual([11]);
  });

  it('leaves out what nobody wants any more, and goes on when that was all', async () => {
    let least = 1;
    const { batches, add, end } = setting({ maxBatch: 3, maxBatchDelayMs: 0, maxInFlight: 1 }, (item) => item >= least);
    add(1);
    await vi.advanceTimersByTimeAsync(0);
    add(2, 3, 4);
    least = 4;
    await end();
    expect(batches).toEqual([[1], [4]]);
    add(5);
    least = 6;
    await end();
    expect(batches).toHaveLength(2);
    add(7);
    await vi.advanceTimersByTimeAsync(0);
    expect(batches).toEqual([[1], [4], [7]]);
  });

  it('has so many batches under way, and sends what waited as soon as one ends', async () => {
    const { batches, add, end } = setting({ maxBatch: 3, maxBatchDelayMs: 0, maxInFlight: 1 });
    add(1);
    await vi.advanceTimersByTimeAsync(0);
    add(2, 3, 4, 5);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(batches).toEqual([[1]]);
    await end();
    expect(batches).toEqual([[1], [2, 3, 4]]);
    await end();
    expect(batches).toEqual([[1], [2, 3, 4], [5]]);
  });
});
