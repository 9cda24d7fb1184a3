import { toHex } from '@selvedge/crypto';
import { expect, test } from 'vitest';
import { idleSeed, transactionSeed } from './seeds.js';

const bytes = (value: number): Uint8Array => new Uint8Array(32).fill(value);

test('the seed of a transaction depends on key, contract, request and call, and on nothing else', () => {
  const seed = (key = bytes(1), contract = 'c', digest = bytes(2), call = 0): string => toHex(transactionSeed(key, contract, digest, call));
  expect(seed()).toBe(seed());
  expect(transactionSeed(bytes(1), 'c', bytes(2))).toHaveLength(32);
  expect(new Set([seed(), seed(bytes(3)), seed(bytes(1), 'd'), seed(bytes(1), 'c', bytes(4)), seed(bytes(1), 'c', bytes(2), 1)]).size).toBe(5);
});

test('the seed outside of transactions depends on key, contract, code and organisation, and is no transaction’s', () => {
  const seeds = [idleSeed(bytes(1), 'c', bytes(2), 'A'), idleSeed(bytes(9), 'c', bytes(2), 'A'), idleSeed(bytes(1), 'd', bytes(2), 'A'), idleSeed(bytes(1), 'c', bytes(3), 'A'), idleSeed(bytes(1), 'c', bytes(2), 'B'), transactionSeed(bytes(1), 'c', bytes(2))];
  expect(new Set(seeds.map(toHex)).size).toBe(6);
});
