import { refusalCode } from '@selvedge/fixtures';
import { describe, expect, it } from 'vitest';
import { createAdmission, fitTogether } from './admission.js';

const LIMITS = { maxQueued: 3, maxQueuedBytes: 100, maxQueuedPerClient: 2 };

describe('the room at a submitter', () => {
  it('is bounded in requests, bytes and requests of one client, and free again when they leave', () => {
    const room = createAdmission(LIMITS);
    const leave = room.admit('a', 10);
    room.admit('a', 10);
    expect(refusalCode(() => room.admit('a', 10))).toBe('OVERLOADED');
    expect(refusalCode(() => room.admit('b', 81))).toBe('OVERLOADED');
    const leaveB = room.admit('b', 80);
    leaveB();
    room.admit('c', 1);
    expect([refusalCode(() => room.admit('d', 1)), room.queued]).toEqual(['OVERLOADED', 3]);
    leave();
    leave();
    expect(room.queued).toBe(2);
    room.admit('a', 10);
  });
});

describe('what fits into one message', () => {
  it.each([
    [[10, 10, 10], 30, 3],
    [[10, 10, 11], 30, 2],
    [[31, 1], 30, 0],
    [[], 30, 0],
  ])('of %j within %i is %i', (bytes, maxBytes, count) => {
    expect(fitTogether(bytes, maxBytes)).toBe(count);
  });
});
