import { SelvedgeError } from '@selvedge/errors';

/** Throws LIMIT_EXCEEDED when a list or byte string is above its limit. */
export function requireAtMost(what: string, actual: number, maximum: number): void {
  if (actual > maximum) throw new SelvedgeError('LIMIT_EXCEEDED', `${what}: ${String(actual)}, at most ${String(maximum)} allowed`);
}

/** Throws MALFORMED_MESSAGE unless a byte string has exactly this length. */
export function requireLength(what: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) {
    throw new SelvedgeError('MALFORMED_MESSAGE', `${what}: ${String(bytes.length)} bytes, ${String(length)} expected`);
  }
}

/** Throws MALFORMED_MESSAGE unless keys are strictly ascending: sorted and unique. */
export function requireStrictlyAscending<T>(what: string, items: readonly T[], compare: (a: T, b: T) => number): void {
  for (let i = 1; i < items.length; i += 1) {
    if (compare(items[i - 1] as T, items[i] as T) >= 0) throw new SelvedgeError('MALFORMED_MESSAGE', `${what}: not sorted or not unique`);
  }
}
