import { describe, expect, it } from 'vitest';
import { SubmissionQueue, type Submission } from './submission-queue.js';

const limits = { maxQueue: 10, maxQueueBytes: 100, maxBatch: 3, maxBatchBytes: 20 };

function submission(length: number, mark = 0): Submission {
  return { transaction: new Uint8Array(length).fill(mark), resolve: () => undefined, reject: () => undefined };
}

function queueOf(...lengths: number[]): SubmissionQueue {
  const queue = new SubmissionQueue(limits);
  for (const [mark, length] of lengths.entries()) queue.add(submission(length, mark));
  return queue;
}

const marks = (batch: readonly Submission[]): (number | undefined)[] => batch.map(({ transaction }) => transaction[0]);

describe('SubmissionQueue', () => {
  it('gives batches in the order of arrival, up to the count', () => {
    const queue = queueOf(1, 1, 1, 1, 1);
    expect(queue.isBatchFull).toBe(true);
    expect(marks(queue.takeBatch())).toEqual([0, 1, 2]);
    expect(queue.isBatchFull).toBe(false);
    expect(marks(queue.takeBatch())).toEqual([3, 4]);
    expect(queue.takeBatch()).toEqual([]);
  });

  it('ends a batch before its bytes pass the limit, but never gives an empty one', () => {
    const queue = queueOf(15, 6, 25, 1);
    expect(marks(queue.takeBatch())).toEqual([0]);
    expect(marks(queue.takeBatch())).toEqual([1]);
    expect(marks(queue.takeBatch())).toEqual([2]);
    expect(marks(queue.takeBatch())).toEqual([3]);
  });

  it('refuses above its count', () => {
    const queue = queueOf(...Array.from({ length: 10 }, () => 1));
    expect(() => {
      queue.add(submission(1));
    }).toThrow(expect.objectContaining({ code: 'OVERLOADED' }));
    queue.takeBatch();
    queue.add(submission(1));
  });

  it('refuses above its bytes', () => {
    const queue = queueOf(50, 45);
    expect(() => {
      queue.add(submission(6));
    }).toThrow(expect.objectContaining({ code: 'OVERLOADED' }));
    queue.takeBatch();
    queue.add(submission(6));
  });
});
