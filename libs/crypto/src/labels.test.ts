import { createHash, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes, equalBytes, fromHex, lengthPrefixed, toHex } from './bytes.js';
import { createFixedHash, deriveKey, labelledHash, labelledHmac, sha256, signingInput } from './labels.js';

const parts = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 6 });
const label = fc.string({ maxLength: 10 });
const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const isSameList = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean => a.length === b.length && a.every((part, i) => equalBytes(part, b[i] as Uint8Array));

/** Two lists of the same bytes, cut in different places: what a plain concatenation confuses. */
const cuts = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.array(fc.nat(40), { maxLength: 4 }), fc.array(fc.nat(40), { maxLength: 4 })).map(([bytes, a, b]) => {
  const cut = (at: number[]): Uint8Array[] => [0, ...at.map((i) => i % (bytes.length + 1)).sort((x, y) => x - y), bytes.length].slice(1).map((end, i, all) => bytes.subarray(i === 0 ? 0 : all[i - 1], end));
  return [cut(a), cut(b)] as const;
});

describe('length-prefixed lists', () => {
  it('collide only when equal', () => {
    fc.assert(fc.property(parts, parts, (a, b) => equalBytes(lengthPrefixed(a), lengthPrefixed(b)) === isSameList(a, b)));
    fc.assert(fc.property(cuts, ([a, b]) => equalBytes(lengthPrefixed(a), lengthPrefixed(b)) === isSameList(a, b)));
  });

  it('encode numbers as 64 bits and refuse others', () => {
    expect(toHex(lengthPrefixed([258]))).toBe('000000080000000000000102');
    expect(toHex(lengthPrefixed([2n ** 64n - 1n]))).toBe('00000008ffffffffffffffff');
    for (const bad of [-1, 1.5, Number.NaN, 2 ** 53, -1n, 2n ** 64n]) expect(() => lengthPrefixed([bad])).toThrow(RangeError);
  });

  it('encode any text as UTF-8, lone surrogates as the Encoding Standard has them', () => {
    const texts = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.integer({ min: 0, max: 0xff_ff }), { maxLength: 8 }).map((units) => String.fromCharCode(...units))), { maxLength: 4 });
    fc.assert(fc.property(texts, (list) => equalBytes(lengthPrefixed(list), lengthPrefixed(list.map((text) => new TextEncoder().encode(text))))));
    expect(toHex(lengthPrefixed(['', '\ud800']))).toBe('0000000000000003efbfbd');
  });
});

describe('labels', () => {
  it('separate hashes, MACs, derivations and signatures of equal parts', () => {
    fc.assert(
      fc.property(label, label, parts, key, (a, b, list, k) => {
        fc.pre(a !== b);
        expect(equalBytes(labelledHash(a, ...list), labelledHash(b, ...list))).toBe(false);
        expect(equalBytes(labelledHmac(k, a, ...list), labelledHmac(k, b, ...list))).toBe(false);
        expect(equalBytes(deriveKey(k, a, list), deriveKey(k, b, list))).toBe(false);
        expect(equalBytes(signingInput(a, ...list), signingInput(b, ...list))).toBe(false);
      }),
    );
  });

  it('separate equal bytes that are cut into other parts', () => {
    fc.assert(
      fc.property(cuts, key, ([a, b], k) => {
        fc.pre(!isSameList(a, b));
        expect(equalBytes(labelledHash('x', ...a), labelledHash('x', ...b))).toBe(false);
        expect(equalBytes(labelledHmac(k, 'x', ...a), labelledHmac(k, 'x', ...b))).toBe(false);
        expect(equalBytes(deriveKey(k, 'x', a), deriveKey(k, 'x', b))).toBe(false);
        expect(equalBytes(signingInput('x', ...a), signingInput('x', ...b))).toBe(false);
      }),
    );
  });

  it('give what the formulas say', () => {
    const k = new Uint8Array(32).fill(1);
    const info = Buffer.concat([Buffer.of(0, 0, 0, 13), Buffer.from('selvedge/v1/x'), Buffer.of(0, 0, 0, 1), Buffer.of(9)]);
    expect(toHex(labelledHash('x', Buffer.of(9)))).toBe(createHash('sha256').update(info).digest('hex'));
    expect(toHex(deriveKey(k, 'x', [Buffer.of(9)], 64))).toBe(Buffer.from(hkdfSync('sha256', k, new Uint8Array(0), info, 64)).toString('hex'));
    expect(toHex(sha256(Buffer.from('a'), Buffer.from('bc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('hashes of fixed lengths', () => {
  it('are labelled hashes, again and again', () => {
    const hash = createFixedHash('x', 2, 0, 32);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 2 }), key, (a, b) => {
        expect(toHex(hash(a, new Uint8Array(0), b))).toBe(toHex(labelledHash('x', a, new Uint8Array(0), b)));
      }),
    );
  });

  it('take parts of these lengths only', () => {
    const hash = createFixedHash('x', 2);
    for (const parts of [[], [Buffer.alloc(1)], [Buffer.alloc(3)], [Buffer.alloc(2), Buffer.alloc(0)]]) expect(() => hash(...parts)).toThrow(RangeError);
  });
});

describe('key derivation with a long context', () => {
  const k = new Uint8Array(32).fill(1);

  it('takes any length and depends on every byte', () => {
    const long = new Uint8Array(5000);
    const other = new Uint8Array(5000);
    other[4999] = 1;
    expect(equalBytes(deriveKey(k, 'x', [long]), deriveKey(k, 'x', [other]))).toBe(false);
    expect(equalBytes(deriveKey(k, 'x', [long]), deriveKey(k, 'x', [long]))).toBe(true);
  });

  it('is not the derivation with the hash of that context', () => {
    const long = new Uint8Array(5000);
    const info = lengthPrefixed(['selvedge/v1/x', long]);
    expect(equalBytes(deriveKey(k, 'x', [long]), deriveKey(k, 'x', [sha256(info)]))).toBe(false);
  });
});

describe('hexadecimal', () => {
  it('goes there and back', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => compareBytes(fromHex(toHex(bytes)), bytes) === 0));
  });

  it.each(['a', 'zz', '0x', 'a b '])('refuses %j', (text) => {
    expect(() => fromHex(text)).toThrow(RangeError);
  });
});
