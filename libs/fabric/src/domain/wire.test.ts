import { refusalCode } from '@selvedge/fixtures';
import { common } from '@hyperledger/fabric-protos';
import { describe, expect, it } from 'vitest';
import { WireMessage } from './wire.js';

const of = (...bytes: number[]): WireMessage => new WireMessage(Uint8Array.from(bytes));

describe('WireMessage', () => {
  it('reads what the generated code writes', () => {
    const header = new common.ChannelHeader();
    header.setType(3);
    header.setChannelId('grünes Tal');
    header.setEpoch(2 ** 52 + 1);
    header.setExtension$(Uint8Array.of(1, 2));
    const message = new WireMessage(header.serializeBinary());
    expect([message.uint(1), message.text(4), message.uint(6), [...message.bytes(7)], message.text(5), message.flag(2)]).toEqual([3n, 'grünes Tal', 2n ** 52n + 1n, [1, 2], '', false]);
  });

  it('reads numbers to 64 bits and refuses above', () => {
    expect(of(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01).uint(1)).toBe(2n ** 64n - 1n);
    expect(of(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f).uint(1)).toBe(2n ** 56n - 1n);
    expect(refusalCode(() => of(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02))).toBe('MALFORMED_MESSAGE');
    expect(refusalCode(() => of(0x08, ...new Array<number>(10).fill(0xff), 0x01))).toBe('MALFORMED_MESSAGE');
  });

  it('takes the last scalar and merges nested messages, as Fabric does', () => {
    expect(of(0x08, 1, 0x08, 2).uint(1)).toBe(2n);
    expect([...of(0x0a, 1, 7, 0x0a, 1, 8).bytes(1)]).toEqual([8]);
    const merged = of(0x0a, 2, 0x08, 5, 0x0a, 2, 0x10, 6).message(1);
    expect([merged.uint(1), merged.uint(2)]).toEqual([5n, 6n]);
  });

  it('passes over what it does not know: other wire types, groups', () => {
    const message = of(0x0d, 1, 2, 3, 4, 0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x0b, 0x13, 0x08, 1, 0x14, 0x0c, 0x18, 9);
    expect([message.has(1), message.uint(1), message.uint(3)]).toEqual([false, 0n, 9n]);
  });

  it.each([
    ['a field longer than its message', [0x0a, 5, 1]],
    ['a number without an end', [0x08, 0x80]],
    ['field number 0', [0x00, 1]],
    ['an unknown wire type', [0x0e, 1]],
    ['a fixed field cut short', [0x0d, 1]],
    ['a group without an end', [0x0b, 0x08, 1]],
    ['an end without a group', [0x0c]],
    ['groups that cross', [0x0b, 0x13, 0x0c, 0x14]],
    ['a group too deep within others', [...new Array<number>(101).fill(0x0b), ...new Array<number>(101).fill(0x0c)]],
    ['groups nested too deeply', new Array<number>(5_000_000).fill(0x0b)],
    ['a field number above the range', [0xf8, 0xff, 0xff, 0xff, 0x7f, 1]],
  ])('refuses %s', (_what, bytes) => {
    expect(refusalCode(() => new WireMessage(Uint8Array.from(bytes)))).toBe('MALFORMED_MESSAGE');
  });

  it('refuses more fields than allowed before it holds them', () => {
    expect(refusalCode(() => new WireMessage(new Uint8Array(2 * 11).fill(0x08), 10))).toBe('LIMIT_EXCEEDED');
  });
});
