import { isSelvedgeError } from '@selvedge/errors';
import { describe, expect, it } from 'vitest';
import { createReplayWindow } from './replay-window.js';

const at = (ms: number): Date => new Date(ms);
const request = (txIdHex: string, body: string, isSubmit = true) => ({ txIdHex, bodyBytes: Buffer.from(body), isSubmit });

function isReplayed(step: () => void): boolean {
  try {
    step();
    return false;
  } catch (error) {
    return isSelvedgeError(error, 'REQUEST_REPLAYED');
  }
}

describe('the replay window', () => {
  it('refuses another request under a transaction id and admits the same again', () => {
    const replays = createReplayWindow(1000);
    replays.admit(request('a', 'one'), at(0));
    replays.admit(request('a', 'one'), at(1));
    expect(isReplayed(() => { replays.admit(request('a', 'two'), at(2)); })).toBe(true);
    replays.admit(request('b', 'two'), at(2));
  });

  it('does not remember evaluates', () => {
    const replays = createReplayWindow(1000);
    replays.admit(request('a', 'one', false), at(0));
    replays.admit(request('a', 'two', false), at(0));
    replays.admit(request('a', 'three'), at(0));
  });

  it('forgets after its window, and the oldest first when it is full', () => {
    const replays = createReplayWindow(1000, 2);
    replays.admit(request('a', 'one'), at(0));
    replays.admit(request('b', 'one'), at(999));
    expect(isReplayed(() => { replays.admit(request('a', 'two'), at(999)); })).toBe(true);
    replays.admit(request('c', 'one'), at(1000));
    expect(isReplayed(() => { replays.admit(request('b', 'two'), at(1000)); })).toBe(true);
    replays.admit(request('d', 'one'), at(1001));
    expect(isReplayed(() => { replays.admit(request('b', 'two'), at(1001)); })).toBe(false);
  });

  it('takes back what was admitted once, and nothing else', () => {
    const replays = createReplayWindow(1000);
    replays.admit(request('a', 'one'), at(0));
    replays.withdraw(request('a', 'other'));
    expect(isReplayed(() => { replays.admit(request('a', 'two'), at(0)); })).toBe(true);
    replays.withdraw(request('a', 'one'));
    expect(isReplayed(() => { replays.admit(request('a', 'two'), at(0)); })).toBe(false);
    replays.admit(request('a', 'two'), at(0));
    // One of the two may have been answered.
    replays.withdraw(request('a', 'two'));
    expect(isReplayed(() => { replays.admit(request('a', 'three'), at(0)); })).toBe(true);
  });
});
