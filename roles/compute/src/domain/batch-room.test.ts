import { SelvedgeError } from '@selvedge/errors';
import { refusalCode } from '@selvedge/fixtures';
import { LIMITS } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { createBatchRoom } from './batch-room.js';
import { responseOf } from './seal-answer.js';

const MIB = 1024 * 1024;
const answer = (bytes: number) => ({ response: responseOf({ status: 200, message: '', payload: new Uint8Array(bytes) }, 7n) });

describe('the room for a batch’s answers', () => {
  it('is bounded in all of them together, payloads, messages, events and refusals', () => {
    const room = createBatchRoom();
    room.take(answer(2 * MIB));
    room.take({ response: responseOf({ status: 500, message: 'm'.repeat(2 * MIB), payload: new Uint8Array(0) }, 7n) });
    room.take({ response: responseOf({ status: 200, message: '', payload: new Uint8Array(0), event: { name: 'e', payload: new Uint8Array(2 * MIB) } }, 7n) });
    room.takeRefusal(new SelvedgeError('OVERLOADED', 'r'.repeat(MIB / 2)));
    expect(refusalCode(() => { room.takeRefusal(new SelvedgeError('OVERLOADED', 'r'.repeat(MIB))); })).toBe('BATCH_ITEM_DEFERRED');
    expect(refusalCode(() => { room.take(answer(MIB)); })).toBe('BATCH_ITEM_DEFERRED');
    expect(refusalCode(() => { room.take(answer(MIB / 4)); })).toBeUndefined();
  });

  it('takes any first answer, as it would go alone, and no second beside a large one', () => {
    const room = createBatchRoom();
    room.take(answer(LIMITS.maxBatchAnswerBytes + 1));
    expect(refusalCode(() => { room.take(answer(0)); })).toBe('BATCH_ITEM_DEFERRED');
  });

  it('counts what sealing adds', () => {
    const room = createBatchRoom();
    room.take(answer(0));
    expect(refusalCode(() => { room.take(answer(LIMITS.maxBatchAnswerBytes - 1024)); })).toBe('BATCH_ITEM_DEFERRED');
  });
});
