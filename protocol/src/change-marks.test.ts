import { toHex } from '@selvedge/crypto';
import { describe, expect, it } from 'vitest';
import { encodeChangeMarks, entryMark, keyPolicyMark, parseChangeMarks } from './change-marks.js';

const mark = (first: number): Uint8Array => Uint8Array.of(first, 0, 0, 0, 0, 0, 0, 1);

describe('change marks', () => {
  it('are apart for each contract, owner set and key, and for a key and its policy', () => {
    const key = new Uint8Array(32).fill(7);
    const marks = [entryMark('a', 'b', key), entryMark('ab', '', key), entryMark('a', 'c', key), entryMark('a', 'b', new Uint8Array(32)), keyPolicyMark('a', 'b', key)];
    expect(new Set(marks.map(toHex)).size).toBe(marks.length);
    expect(marks.map(({ length }) => length)).toEqual([8, 8, 8, 8, 8]);
  });

  it('are listed ascending, each once, whatever their order was', () => {
    const listed = encodeChangeMarks([mark(9), mark(1), mark(9), mark(5)]);
    expect(parseChangeMarks(listed)).toEqual([1, 5, 9].map((first) => toHex(mark(first))));
    expect(parseChangeMarks(encodeChangeMarks([]))).toEqual([]);
  });

  it.each([
    ['cut off', mark(1).subarray(1)],
    ['with a byte too many', Buffer.concat([mark(1), Uint8Array.of(2)])],
    ['descending', Buffer.concat([mark(2), mark(1)])],
    ['twice the same', Buffer.concat([mark(2), mark(2)])],
  ])('are refused %s', (_name, bytes) => {
    expect(() => parseChangeMarks(bytes)).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE' }));
  });
});
