import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createItemMask, isDropped, keptItems, LIMITS, verifyItemMask } from './index.js';

const choices = fc.integer({ min: 1, max: LIMITS.maxBatchItems }).chain((count) => fc.record({ count: fc.constant(count), dropped: fc.uniqueArray(fc.nat(count - 1), { maxLength: count - 1 }) }));

describe('item masks', () => {
  it('say which items are dropped, in one encoding', () => {
    fc.assert(
      fc.property(choices, ({ count, dropped }) => {
        const mask = createItemMask(dropped);
        verifyItemMask(count, mask);
        const items = Array.from({ length: count }, (_, item) => item);
        expect(items.filter((item) => isDropped(mask, item))).toEqual([...dropped].sort((a, b) => a - b));
        expect(keptItems(items, mask)).toEqual(items.filter((item) => !dropped.includes(item)));
        expect(createItemMask([...dropped].reverse())).toEqual(mask);
      }),
    );
  });

  it('keep at least one item', () => {
    for (const count of [1, 7, 8, 9, LIMITS.maxBatchItems]) {
      const every = createItemMask(Array.from({ length: count }, (_, item) => item));
      expect(() => { verifyItemMask(count, every); }).toThrow('item mask: drops every item');
    }
  });

  it('have no other encoding, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.uint8Array({ maxLength: 8 }), (count, mask) => {
        const dropped = Array.from({ length: count }, (_, item) => item).filter((item) => isDropped(mask, item));
        const isCanonical = dropped.length < count && Buffer.from(createItemMask(dropped)).equals(mask);
        if (isCanonical) verifyItemMask(count, mask);
        else expect(() => { verifyItemMask(count, mask); }).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE' }));
      }),
    );
  });
});
