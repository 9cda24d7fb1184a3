import { compareBytes } from '@selvedge/crypto';

interface Keyed {
  readonly key: string;
}

/** The UTF-8 bytes of a key, and where its entry lies in the list. */
interface Placed {
  readonly bytes: Uint8Array;
  readonly position: number;
}

/** By the very list: one that is read anew is another, and with a list that is dropped its order goes. */
const known = new WeakMap<readonly Keyed[], 'asked once' | readonly Placed[]>();

/**
 * Entries with start <= key < end in order of the keys' UTF-8 bytes; an empty end has no upper bound. A list that is asked
 * for a second time is put in order as a whole, once.
 */
export function selectBetween<T extends Keyed>(entries: readonly T[], start: Uint8Array, end: Uint8Array): T[] {
  const isBelowEnd = ({ bytes }: Placed): boolean => end.length === 0 || compareBytes(bytes, end) < 0;
  const isFromStart = ({ bytes }: Placed): boolean => compareBytes(bytes, start) >= 0;
  const state = known.get(entries);
  const at = ({ position }: Placed): T | readonly [] => entries[position] ?? [];
  if (state === undefined) {
    known.set(entries, 'asked once');
    return inOrder(placesOf(entries).filter((placed) => isFromStart(placed) && isBelowEnd(placed))).flatMap(at);
  }
  const ordered = state === 'asked once' ? inOrder(placesOf(entries)) : state;
  known.set(entries, ordered);
  const first = countWhile(ordered, (placed) => !isFromStart(placed));
  return ordered.slice(first, Math.max(first, countWhile(ordered, isBelowEnd))).flatMap(at);
}

function placesOf(entries: readonly Keyed[]): Placed[] {
  return entries.map(({ key }, position) => ({ bytes: Buffer.from(key, 'utf8'), position }));
}

function inOrder(places: Placed[]): Placed[] {
  return places.sort((a, b) => compareBytes(a.bytes, b.bytes));
}

/** How many come before the first for which it does not hold, by bisection. */
function countWhile(ordered: readonly Placed[], holds: (placed: Placed) => boolean): number {
  let low = 0;
  let high = ordered.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const placed = ordered[middle];
    if (placed !== undefined && holds(placed)) low = middle + 1;
    else high = middle;
  }
  return low;
}
