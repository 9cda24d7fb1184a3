import fc from 'fast-check';
import type { ChangeInit } from './changes.js';

/** One block, and what else happens: it or an earlier one comes again, a later one comes first, the store is opened anew. */
export interface Step {
  readonly changes: readonly ChangeInit[];
  /** 0: no repeat; 1: this block; 2: the one before. */
  readonly repeat: number;
  /** Blocks left out by a call in between; 0: no such call. */
  readonly gap: number;
  readonly reopen: boolean;
}

const name = fc.oneof(fc.constantFrom('gems', 'trade offers', 'Trade_offers', ''), fc.string({ maxLength: 20 }).map((text) => text.replaceAll('\0', '')));
/** Few, so that entries meet. */
const place = fc.constantFrom(...fc.sample(fc.record({ contract: name, dataset: name }), { numRuns: 4, seed: 7 }), { contract: 'gems', dataset: '' });
const key = fc.oneof(fc.constantFrom('a', 'b', 'c', '\0stone\0x\0'), fc.string({ unit: 'binary', maxLength: 12 }));
const value = fc.option(fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.json().map((text) => Buffer.from(text))), { nil: undefined });

const change: fc.Arbitrary<ChangeInit> = fc.tuple(place, key, value, fc.string({ maxLength: 2 })).map(([where, ofKey, ofValue, salt]) => ({ ...where, key: ofKey, value: ofValue, salt }));

export const blocksArbitrary: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ changes: fc.array(change, { maxLength: 8 }), repeat: fc.nat(2), gap: fc.nat(2), reopen: fc.integer({ min: 0, max: 5 }).map((n) => n === 0) }),
  { maxLength: 12 },
);
