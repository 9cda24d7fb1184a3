import { compareBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { bitOf, EMPTY_SET, innerHash, KEY_BITS, leafHash, type SetPair, type SetRoot } from './hashes.js';

/**
 * The digest of a whole set, built at once: a compressed binary radix tree over the keys, so that the same pairs give
 * the same root whatever was there before. Takes them in any order. Throws STATE_FORGED when a key comes twice.
 */
export function buildSetRoot(pairs: readonly SetPair[]): SetRoot {
  if (pairs.length === 0) return EMPTY_SET;
  const sorted = [...pairs].sort((a, b) => compareBytes(a.key, b.key));
  for (let i = 1; i < sorted.length; i += 1) {
    if (compareBytes((sorted[i - 1] as SetPair).key, (sorted[i] as SetPair).key) === 0) throw new SelvedgeError('STATE_FORGED', 'an entry of a set comes twice');
  }
  return { root: nodeOf(sorted, 0, sorted.length, 0), count: BigInt(sorted.length) };
}

/** Hash of the node over sorted[from, to), which agree in the bits before `bit`. */
function nodeOf(sorted: readonly SetPair[], from: number, to: number, bit: number): Uint8Array {
  const first = sorted[from] as SetPair;
  if (to - from === 1) return leafHash(first.key, first.value);
  const last = sorted[to - 1] as SetPair;
  let split = bit;
  // They are sorted: where the first and the last agree, all do.
  while (split < KEY_BITS && bitOf(first.key, split) === bitOf(last.key, split)) split += 1;
  const middle = firstOne(sorted, from, to, split);
  return innerHash(split, nodeOf(sorted, from, middle, split + 1), nodeOf(sorted, middle, to, split + 1));
}

/** Index of the first pair whose bit is 1. */
function firstOne(sorted: readonly SetPair[], from: number, to: number, bit: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bitOf((sorted[middle] as SetPair).key, bit) === 1) high = middle;
    else low = middle + 1;
  }
  return low;
}
