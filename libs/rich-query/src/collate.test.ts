import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { collate, compareIds } from './collate.js';
import { compareUtf8, type JsonValue } from './json.js';

// CouchDB's documentation, "View Collation", "Collation Specification", those lines apart that JSON has no value for.
const SPECIFIED: JsonValue[] = [
  null, false, true, 1, 2, 3, 4,
  'a', 'A', 'aa', 'b', 'B', 'ba', 'bb',
  ['a'], ['b'], ['b', 'c'], ['b', 'c', 'a'], ['b', 'd'], ['b', 'd', 'e'],
  { a: 1 }, { a: 2 }, { b: 1 }, { b: 2 }, { b: 2, c: 2 },
];

describe('collation', () => {
  test('is that of CouchDB’s specification', () => {
    for (const [index, value] of SPECIFIED.entries()) {
      expect(collate(value, structuredClone<JsonValue>(value))).toBe(0);
      for (const later of SPECIFIED.slice(index + 1)) {
        expect(collate(value, later)).toBeLessThan(0);
        expect(collate(later, value)).toBeGreaterThan(0);
      }
    }
  });

  // The order of punctuation and letters by ICU's root locale, from the same page.
  test('puts strings in ICU’s root order', () => {
    const ordered = Array.from("`^_-,;:!?.'\"()[]{}@*/\\&#%+<=>|~$0123456789aAbBcCdDeEfFgGhHiIjJkKlLmMnNoOpPqQrRsStTuUvVwWxXyYzZ");
    expect(ordered.reverse().sort(collate).join('')).toBe("_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789aAbBcCdDeEfFgGhHiIjJkKlLmMnNoOpPqQrRsStTuUvVwWxXyYzZ");
  });

  test('does not follow a locale: ä is a letter with a mark, not one after z', () => {
    expect(['z', 'ä', 'a', 'az', 'ö', 'o'].sort(collate)).toEqual(['a', 'ä', 'az', 'o', 'ö', 'z']);
    expect(collate('10', '9')).toBeLessThan(0);
    expect(collate('a-b', 'ab')).toBeLessThan(0);
  });

  test('is a total order of JSON values', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (a, b, c) => {
        const order = (left: unknown, right: unknown): number => Math.sign(collate(left as JsonValue, right as JsonValue)) + 0;
        expect(order(a, a)).toBe(0);
        expect(order(a, b) + order(b, a)).toBe(0);
        if (order(a, b) <= 0 && order(b, c) <= 0) expect(order(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe('keys', () => {
  test('sort by the bytes of their UTF-8', () => {
    const string = fc.string({ unit: 'grapheme-composite' });
    fc.assert(
      fc.property(string, string, (a, b) => {
        expect(Math.sign(compareUtf8(a, b)) + 0).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)) + 0);
        expect(compareIds(a, b)).toBe(compareUtf8(a, b));
      }),
    );
    expect(compareUtf8('\uffff', '\u{10000}')).toBeLessThan(0);
  });
});
