import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { isSelvedgeError } from '@selvedge/errors';
import { RequestBodySchema, RequestKind, type RequestBody } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { createReplayWindow } from './replay-window.js';

type Body = Exclude<MessageInitShape<typeof RequestBodySchema>, RequestBody>;

const at = (ms: number): Date => new Date(ms);
const bytes = (text: string): Uint8Array => Buffer.from(text);
const ASKED: Body = { contract: 'diamonds', kind: RequestKind.SUBMIT, args: [bytes('f'), bytes('one')], transient: [{ name: 'price', value: bytes('1') }], timestampSeconds: 100n, timestampNanos: 5, parts: [bytes('a part')] };
const requestOf = (txIdHex: string, body: Body, isSubmit = true) => ({ txIdHex, body: create(RequestBodySchema, { ...ASKED, ...body }), isSubmit });
const request = (txIdHex: string, argument: string, isSubmit = true) => requestOf(txIdHex, { args: [bytes(argument)] }, isSubmit);

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

  it.each<[string, Body]>([
    ['contract', { contract: 'pearls' }],
    ['kind', { kind: RequestKind.RE_ENCRYPT }],
    ['function', { args: [bytes('g'), bytes('one')] }],
    ['argument less', { args: [bytes('f')] }],
    ['argument that was two', { args: [bytes('fone')] }],
    ['argument that was a transient field', { args: [bytes('f'), bytes('one'), bytes('price'), bytes('1')], transient: [] }],
    ['transient field', { transient: [{ name: 'price', value: bytes('2') }] }],
    ['name of a transient field', { transient: [{ name: 'cost', value: bytes('1') }] }],
    ['second', { timestampSeconds: 101n }],
    ['nanosecond', { timestampNanos: 6 }],
    ['number of parts', { parts: [] }],
  ])('takes a request of another %s for another', (_, body) => {
    const replays = createReplayWindow(1000);
    replays.admit(requestOf('a', {}), at(0));
    expect(isReplayed(() => { replays.admit(requestOf('a', body), at(0)); })).toBe(true);
  });

  it.each<[string, Body]>([
    ['epoch', { keyEpoch: 3n }],
    ['epochs of contracts that it may call', { calledEpochs: [{ contract: 'bank', epoch: 2n }] }],
    ['profile', { profileDigest: new Uint8Array(32) }],
    ['least height', { leastHeight: 9n }],
    ['part', { parts: [bytes('part')] }],
  ])('takes a request that was built anew, on another %s, for the same', (_, body) => {
    const replays = createReplayWindow(1000);
    replays.admit(requestOf('a', {}), at(0));
    expect(isReplayed(() => { replays.admit(requestOf('a', body), at(0)); })).toBe(false);
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
});
