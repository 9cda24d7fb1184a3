import { expect, it } from 'vitest';
import { betweenFloors, type CryptoFloor } from './crypto-floor.js';

const floorOf = (first: number): CryptoFloor => ({ computeUpdate: first, computeQuery: first + 1, computeBatchedUpdate: first + 2, endorserUpdate: first + 3, followerUpdate: first + 4 });

it('what was measured before and after a load counts alike, each figure by itself', () => {
  expect(betweenFloors(floorOf(2), floorOf(4))).toEqual(floorOf(3));
});
