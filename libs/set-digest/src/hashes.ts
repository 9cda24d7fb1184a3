import { createFixedHash, labelledHash, sha256 } from '@selvedge/crypto';

/** One entry of a set: SHA-256(ledger key) and packet hash, 32 bytes each. */
export interface SetPair {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** What identifies a set's content. */
export interface SetRoot {
  /** Of the tree, 32 bytes. */
  readonly root: Uint8Array;
  /** Number of entries. */
  readonly count: bigint;
}

export const KEY_BYTES = 32;
export const KEY_BITS = KEY_BYTES * 8;

/** Root of the tree without leaves. */
export const EMPTY_ROOT: Uint8Array = labelledHash('set/empty');
export const EMPTY_SET: SetRoot = { root: EMPTY_ROOT, count: 0n };

/** Hash of a leaf. */
export const leafHash: (key: Uint8Array, value: Uint8Array) => Uint8Array = createFixedHash('set/leaf', KEY_BYTES, 32);

const inner = createFixedHash('set/inner', 2, 32, 32);
const bitBytes = Array.from({ length: KEY_BITS }, (_, bit) => Uint8Array.of(bit >> 8, bit & 0xff));

/** Hash of an inner node. @param bit the first bit in which the keys of the two sides differ; 0 on the left */
export function innerHash(bit: number, left: Uint8Array, right: Uint8Array): Uint8Array {
  return inner(bitBytes[bit] as Uint8Array, left, right);
}

/** Where an entry stands in its tree: ledger keys are HMACs, and hashing them once more makes the place nobody's choice. */
export function pairOf(ledgerKey: Uint8Array, packetHash: Uint8Array): SetPair {
  return { key: sha256(ledgerKey), value: packetHash };
}

/** Bit of a key, the most significant bit of its first byte being bit 0. */
export function bitOf(key: Uint8Array, bit: number): 0 | 1 {
  return (((key[bit >> 3] as number) >> (7 - (bit & 7))) & 1) as 0 | 1;
}
