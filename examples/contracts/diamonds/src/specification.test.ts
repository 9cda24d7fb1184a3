import { describe, expect, test } from 'vitest';
import { compareListings, indexPrefix, matches, parseSpecification, type Listing } from './specification';

const stone: Listing = { cut: 'Ideal', color: 'E', clarity: 'SI2', id: 's1', carat: 0.5, price: 1000 };

describe('parseSpecification', () => {
  test.each([
    ['[]', 'must be a JSON object'],
    ['{', 'is not JSON'],
    ['{"colour":"E"}', 'has no field "colour"'],
    ['{"cut":1}', 'cut must be a text'],
    ['{"minCarat":-1}', 'minCarat must be a number'],
  ])('refuses %s', (text, message) => {
    expect(() => parseSpecification(text)).toThrow(message);
  });
});

describe('matches', () => {
  test('bounds are inclusive', () => {
    expect(matches({ minCarat: 0.5, maxCarat: 0.5, minPrice: 1000, maxPrice: 1000 }, stone)).toBe(true);
  });
  test.each([{ cut: 'Fair' }, { color: 'D' }, { clarity: 'IF' }, { minCarat: 0.51 }, { maxCarat: 0.49 }, { minPrice: 1001 }, { maxPrice: 999 }])('rejects by %o alone', (specification) => {
    expect(matches(specification, stone)).toBe(false);
  });
});

test('the index prefix ends at the first open attribute', () => {
  expect(indexPrefix({ cut: 'Ideal', clarity: 'IF' })).toEqual(['Ideal']);
  expect(indexPrefix({ color: 'E' })).toEqual([]);
  expect(indexPrefix({ cut: 'Ideal', color: 'E', clarity: 'IF' })).toEqual(['Ideal', 'E', 'IF']);
});

test('the cheapest comes first, equal prices by id', () => {
  const listings = [{ ...stone, id: 'b' }, { ...stone, id: 'c', price: 10 }, { ...stone, id: 'a' }];
  expect(listings.sort(compareListings).map((listing) => listing.id)).toEqual(['c', 'a', 'b']);
});
