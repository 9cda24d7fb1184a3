import { describe, expect, test } from 'vitest';
import { encodeStone, parsePrice, parseStones, parseStoredStone } from './stone';

const stone = { id: 'a-1', cut: 'Very Good', color: 'E', clarity: 'SI2', carat: 0.23, price: 326 };

describe('parseStones', () => {
  test('keeps what was sent', () => {
    expect(parseStones(JSON.stringify([stone]))).toEqual([stone]);
  });
  test.each([
    ['{}', 'at least one stone'],
    ['[]', 'at least one stone'],
    ['[1]', 'stones[0] is not a stone'],
    [JSON.stringify([stone, stone]), 'the same id twice'],
    [JSON.stringify([{ ...stone, id: 'a\u0000b' }]), "is not a stone's id"],
    [JSON.stringify([{ ...stone, cut: 5 }]), 'stones[0].cut must be a text'],
    [JSON.stringify([{ ...stone, carat: 0 }]), 'stones[0].carat'],
    [JSON.stringify([{ ...stone, price: 1.5 }]), 'stones[0].price'],
    [JSON.stringify(Array.from({ length: 1001 }, (_, index) => ({ ...stone, id: `s${String(index)}` }))), 'at most 1000'],
  ])('refuses %.60s', (text, message) => {
    expect(() => parseStones(text)).toThrow(message);
  });
});

test('a stone is encoded the same whatever the order of its fields', () => {
  const { price, ...rest } = stone;
  expect(encodeStone({ price, ...rest }).equals(encodeStone(stone))).toBe(true);
  expect(parseStoredStone(encodeStone(stone))).toEqual(stone);
});

test.each(['', '0', '-1', '1.5', '1e3', 'x'])('%s is no price', (text) => {
  expect(() => parsePrice(text, 'price')).toThrow('whole number of dollars');
});
