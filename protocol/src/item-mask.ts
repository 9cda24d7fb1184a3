import { SelvedgeError } from '@selvedge/errors';

const BITS = 8;

/** Encodes which items of a batch are dropped: the one encoding, without zero bytes at its end. */
export function createItemMask(dropped: Iterable<number>): Uint8Array {
  const items = [...dropped];
  const mask = new Uint8Array(items.length === 0 ? 0 : Math.floor(Math.max(...items) / BITS) + 1);
  for (const item of items) mask[Math.floor(item / BITS)] = (mask[Math.floor(item / BITS)] ?? 0) | (1 << (item % BITS));
  return mask;
}

/** Whether a mask drops an item; items count from 0. */
export function isDropped(itemMask: Uint8Array, item: number): boolean {
  return (((itemMask[Math.floor(item / BITS)] ?? 0) >> (item % BITS)) & 1) === 1;
}

/** The items that a mask keeps, in order. */
export function keptItems<T>(items: readonly T[], itemMask: Uint8Array): T[] {
  return itemMask.length === 0 ? [...items] : items.filter((_, item) => !isDropped(itemMask, item));
}

/** Throws MALFORMED_MESSAGE unless a mask is the one encoding of a choice among so many items that keeps at least one. */
export function verifyItemMask(count: number, itemMask: Uint8Array): void {
  if (itemMask.length === 0) return;
  const isShort = itemMask.length <= Math.ceil(count / BITS) && itemMask.at(-1) !== 0;
  const isWithin = itemMask.length * BITS <= count || (itemMask.at(-1) ?? 0) >> (count - (itemMask.length - 1) * BITS) === 0;
  if (!isShort || !isWithin) throw new SelvedgeError('MALFORMED_MESSAGE', 'item mask: not of this batch');
  const isEmpty = Array.from({ length: count }, (_, item) => item).every((item) => isDropped(itemMask, item));
  if (isEmpty) throw new SelvedgeError('MALFORMED_MESSAGE', 'item mask: drops every item');
}
