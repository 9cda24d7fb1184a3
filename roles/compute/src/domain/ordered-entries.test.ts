import { compareBytes } from '@selvedge/crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { selectBetween } from './ordered-entries.js';

it('entries between two keys are the same each time, in order of UTF-8 bytes', () => {
  const key = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\u{1F48E}', '\uFFFD', '\x00'), maxLength: 4 });
  fc.assert(
    fc.property(fc.uniqueArray(key, { maxLength: 30 }), key, key, key, (keys, from, to, other) => {
      const entries = keys.map((name) => ({ key: name }));
      const [start, end] = [Buffer.from(from), Buffer.from(to)];
      const expected = keys.map((name) => Buffer.from(name)).filter((name) => compareBytes(name, start) >= 0 && (end.length === 0 || compareBytes(name, end) < 0)).sort(compareBytes).map(String);
      const found = [0, 1, 2].map(() => {
        selectBetween(entries, Buffer.from(other), end);
        return selectBetween(entries, start, end).map((entry) => entry.key);
      });
      const first = selectBetween([...entries], start, end).map((entry) => entry.key);
      expect([first, ...found]).toEqual([expected, expected, expected, expected]);
    }),
  );
});
