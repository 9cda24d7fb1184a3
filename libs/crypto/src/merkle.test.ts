import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalBytes, toHex } from './bytes.js';
import { labelledHash, sha256 } from './labels.js';
import { merklePaths, merkleRoot, merkleRootAt } from './merkle.js';

const leaves = fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 9 });
const leaf = (bytes: Uint8Array): Uint8Array => labelledHash('merkle/leaf', bytes);
const inner = (left: Uint8Array, right: Uint8Array): Uint8Array => labelledHash('merkle/inner', left, right);
const [a, b, c] = [Buffer.from('a'), Buffer.from('b'), Buffer.from('c')] as const;

describe('a Merkle path', () => {
  const trees = fc.array(fc.uint8Array({ maxLength: 8 }), { minLength: 1, maxLength: 33 });

  it('leads each leaf to the root, by its own place in a tree of that size', () => {
    fc.assert(
      fc.property(trees, (all) => {
        const paths = merklePaths(all);
        return all.every((one, index) => equalBytes(merkleRootAt(one, { index, count: all.length }, paths[index]!) ?? new Uint8Array(0), merkleRoot(all)));
      }),
    );
  });

  it('leads nowhere else: another leaf, place or path gives another root, and a path of another length none', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 999 }), { minLength: 2, maxLength: 33 }), fc.nat(), fc.nat(), (numbers, a, b) => {
        const all = numbers.map((number) => Buffer.from(String(number)));
        const [index, other] = [a % all.length, b % all.length];
        const path = merklePaths(all)[index]!;
        const root = merkleRoot(all);
        const isRoot = (found: Uint8Array | undefined): boolean => found !== undefined && equalBytes(found, root);
        const changed = path.map((hash, i) => (i === 0 ? Uint8Array.from(hash, (byte) => byte ^ 1) : hash));
        return (
          isRoot(merkleRootAt(all[other]!, { index, count: all.length }, path)) === (other === index) &&
          isRoot(merkleRootAt(all[index]!, { index: other, count: all.length }, path)) === (other === index) &&
          !isRoot(merkleRootAt(all[index]!, { index, count: all.length }, changed)) &&
          merkleRootAt(all[index]!, { index, count: all.length }, path.slice(1)) === undefined &&
          merkleRootAt(all[index]!, { index, count: all.length }, [...path, root]) === undefined
        );
      }),
    );
  });

  it.each([[-1, 3], [3, 3], [0, 0]])('has no place %i among %i', (index, count) => {
    expect(merkleRootAt(a, { index, count }, [])).toBeUndefined();
  });
});

describe('Merkle root', () => {
  it('has the shape of RFC 6962 for 0 to 3 leaves', () => {
    expect(toHex(merkleRoot([]))).toBe(toHex(labelledHash('merkle/empty')));
    expect(toHex(merkleRoot([a]))).toBe(toHex(leaf(a)));
    expect(toHex(merkleRoot([a, b]))).toBe(toHex(inner(leaf(a), leaf(b))));
    expect(toHex(merkleRoot([a, b, c]))).toBe(toHex(inner(inner(leaf(a), leaf(b)), leaf(c))));
  });

  it('tells lists apart by content, order and length', () => {
    fc.assert(
      fc.property(leaves, leaves, (x, y) => {
        const same = x.length === y.length && x.every((value, i) => equalBytes(value, y[i] as Uint8Array));
        return equalBytes(merkleRoot(x), merkleRoot(y)) === same;
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 8 }), { minLength: 1, maxLength: 9 }), (x) => !equalBytes(merkleRoot(x), merkleRoot([...x, x.at(-1) as Uint8Array]))),
    );
  });

  it('does not take an inner node for a leaf', () => {
    // The classic second preimage: the two children of a node, joined, as one leaf.
    const joined = Buffer.concat([leaf(a), leaf(b)]);
    const prefixed = Buffer.concat([Buffer.of(0, 0, 0, 32), leaf(a), Buffer.of(0, 0, 0, 32), leaf(b)]);
    for (const forged of [joined, prefixed, sha256(joined)]) expect(equalBytes(merkleRoot([forged]), merkleRoot([a, b]))).toBe(false);
    expect(equalBytes(merkleRoot([leaf(a), leaf(b)]), merkleRoot([a, b]))).toBe(false);
    expect(equalBytes(merkleRoot([merkleRoot([a, b]), c]), merkleRoot([a, b, c]))).toBe(false);
  });
});
