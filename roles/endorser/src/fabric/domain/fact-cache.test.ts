import { sha256 } from '@selvedge/crypto';
import { describe, expect, it } from 'vitest';
import { createFactCache, type KnownFact } from './fact-cache.js';

const fact = (text: string): KnownFact => ({ value: Buffer.from(text), hash: sha256(Buffer.from(text)) });

describe('a fact cache', () => {
  it('gives one array per value, so that what was parsed from it is found again', () => {
    const cache = createFactCache(100);
    const first = cache.put('profile', fact('one'));
    expect(cache.put('profile', fact('one'))).toBe(first);
    expect(cache.get('profile')!.value).toBe(first);
    expect(cache.put('profile', fact('two'))).not.toBe(first);
    expect(cache.get('profile')!.hash).toEqual(fact('two').hash);
  });

  it('lets the oldest go when there is too much', () => {
    const cache = createFactCache(10);
    for (const key of ['a', 'b', 'c']) cache.put(key, fact(`${key}123`));
    expect(['a', 'b', 'c'].map((key) => cache.get(key) === undefined)).toEqual([true, false, false]);
    cache.put('b', fact('0123456789'));
    expect(['b', 'c'].map((key) => cache.get(key) === undefined)).toEqual([false, true]);
    expect(cache.put('d', fact('01234567890'))).toHaveLength(11);
    expect(cache.get('d')).toBeUndefined();
  });
});
