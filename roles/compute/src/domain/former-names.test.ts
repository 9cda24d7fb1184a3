import type { StoredEntry } from '@selvedge/tee-node';
import { describe, expect, it } from 'vitest';
import { entriesUnder } from './former-names.js';

const entry = (key: string, nameEpoch: bigint): StoredEntry => ({ key, nameEpoch }) as StoredEntry;

describe('the entries of a dataset whose names are migrated', () => {
  const entries = [entry('a', 1n), entry('a', 2n), entry('b', 1n)];
  const keysUnder = (current: bigint, newest: bigint, of: readonly StoredEntry[] = entries): string[] => entriesUnder({ current, newest }, of).map(({ key, nameEpoch }) => `${key}${String(nameEpoch)}`);

  it('are those under the current names, also when these change', () => {
    expect(keysUnder(1n, 2n)).toEqual(['a1', 'b1']);
    expect(keysUnder(2n, 2n)).toEqual(['a2']);
    expect(keysUnder(1n, 2n)).toEqual(['a1', 'b1']);
  });

  it('are one array for one array, and the given one where nothing is left out', () => {
    const names = { current: 1n, newest: 2n };
    expect(entriesUnder(names, entries)).toBe(entriesUnder(names, entries));
    const own = [entry('a', 1n), entry('b', 1n)];
    expect(entriesUnder(names, own)).toBe(own);
    expect(entriesUnder({ current: 1n, newest: 1n }, own)).toBe(own);
  });
});
