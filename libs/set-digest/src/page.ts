import { SelvedgeError } from '@selvedge/errors';
import { innerHash, KEY_BYTES, leafHash, type SetPair } from './hashes.js';

/** Four bits of the key: what one page branches on. */
export const PAGE_BITS = 4;
export const PAGE_SLOTS = 1 << PAGE_BITS;
/** Pages from the root to a pair's leaf, at most. */
export const MAX_DEPTH = (KEY_BYTES * 8) / PAGE_BITS;

/** What hangs below one slot of a page: a pair, or a page of its own by its hash. */
export type Slot = { readonly kind: 'leaf'; readonly pair: SetPair } | { readonly kind: 'page'; readonly hash: Uint8Array };
export type Page = (Slot | undefined)[];

const HASH_BYTES = 32;
const LEAF_BYTES = KEY_BYTES + HASH_BYTES;

/** A page as bytes: which slots are filled and which of them are leaves (16 bits each), then the slots in order. */
export function encodePage(page: Page): Uint8Array {
  let filled = 0;
  let leaves = 0;
  const parts: Uint8Array[] = [];
  page.forEach((slot, index) => {
    if (slot === undefined) return;
    filled |= 1 << index;
    if (slot.kind === 'page') parts.push(slot.hash);
    else {
      leaves |= 1 << index;
      parts.push(slot.pair.key, slot.pair.value);
    }
  });
  const head = Buffer.alloc(4);
  head.writeUInt16BE(filled, 0);
  head.writeUInt16BE(leaves, 2);
  return Buffer.concat([head, ...parts]);
}

/** Reads a page from this node's own store. Throws LEDGER_CORRUPT. */
export function decodePage(bytes: Uint8Array): Page {
  const filled = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  const leaves = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
  const page: Page = new Array<Slot | undefined>(PAGE_SLOTS).fill(undefined);
  let at = 4;
  for (let index = 0; index < PAGE_SLOTS; index += 1) {
    if ((filled & (1 << index)) === 0) continue;
    const isLeaf = (leaves & (1 << index)) !== 0;
    page[index] = isLeaf
      ? { kind: 'leaf', pair: { key: bytes.subarray(at, at + KEY_BYTES), value: bytes.subarray(at + KEY_BYTES, at + LEAF_BYTES) } }
      : { kind: 'page', hash: bytes.subarray(at, at + HASH_BYTES) };
    at += isLeaf ? LEAF_BYTES : HASH_BYTES;
  }
  if (at !== bytes.length) throw new SelvedgeError('LEDGER_CORRUPT', 'a stored page of a set’s tree has a wrong length');
  return page;
}

/** The slot of a key in the page at a depth. */
export function slotOf(key: Uint8Array, depth: number): number {
  const byte = key[depth >> 1] as number;
  return depth % 2 === 0 ? byte >> 4 : byte & 0x0f;
}

/** Hash of the topmost node within a page; undefined: the page is empty. */
export function pageHash(page: Page, depth: number): Uint8Array | undefined {
  return hashOfSlots(page, 0, PAGE_SLOTS, depth * PAGE_BITS);
}

// A node with one side only is no node: the other side takes its place, as in the tree that is built at once.
function hashOfSlots(page: Page, from: number, to: number, bit: number): Uint8Array | undefined {
  if (to - from === 1) {
    const slot = page[from];
    return slot?.kind === 'leaf' ? leafHash(slot.pair.key, slot.pair.value) : slot?.hash;
  }
  const middle = (from + to) / 2;
  const left = hashOfSlots(page, from, middle, bit + 1);
  const right = hashOfSlots(page, middle, to, bit + 1);
  return left === undefined || right === undefined ? (left ?? right) : innerHash(bit, left, right);
}
