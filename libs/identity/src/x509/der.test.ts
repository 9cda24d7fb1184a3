import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { element } from '../testdata/der-writer.js';
import { DerError, booleanValue, integerHex, readDer, readInside } from './der.js';

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

describe('the DER reader', () => {
  it('reads what was written, of every length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70_000 }), (content) => {
        if (content.length > 0xffff) return;
        const value = readDer(element(0x04, content));
        expect([value.tag, Buffer.compare(value.content, content)]).toEqual([0x04, 0]);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['truncated content', '0403aabb'],
    ['a truncated length', '0482ff'],
    ['trailing bytes', '040100ff'],
    ['an indefinite length', '308004000000'],
    ['a long length for a short content', '048101ff'],
    ['a length with leading zeros', '04820001ff'],
    ['a length of four bytes', '048400000001ff'],
    ['a tag of more than one byte', '1f0101'],
  ])('refuses %s', (_, text) => {
    expect(() => readDer(hex(text))).toThrow(DerError);
  });

  it('refuses a value that ends in the middle of its last element', () => {
    expect(() => readInside(readDer(hex('3003040501')))).toThrow(DerError);
  });

  it('reads integers as hex without leading zeros', () => {
    expect(integerHex(readDer(hex('020100')))).toBe('0');
    expect(integerHex(readDer(hex('020200ff')))).toBe('ff');
    expect(integerHex(readDer(hex('02010a')))).toBe('a');
  });

  it.each([['0200'], ['020180'], ['02020001'], ['040101']])('refuses %s as a serial number or version', (text) => {
    expect(() => integerHex(readDer(hex(text)))).toThrow(DerError);
  });

  it('reads booleans, which have one encoding each', () => {
    expect(booleanValue(readDer(hex('0101ff')))).toBe(true);
    expect(booleanValue(readDer(hex('010100')))).toBe(false);
    expect(() => booleanValue(readDer(hex('010101')))).toThrow(DerError);
  });
});
