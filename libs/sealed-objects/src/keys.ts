import { timingSafeEqual } from 'node:crypto';

/** Length of every symmetric key, salt and commitment here. */
export const KEY_BYTES = 32;

/** Throws RangeError unless a key of our own has 32 bytes: HKDF and HMAC would take any length, an empty one too. */
export function requireKey(what: string, key: Uint8Array): void {
  if (key.length !== KEY_BYTES) throw new RangeError(`${what}: ${String(key.length)} bytes, ${String(KEY_BYTES)} expected`);
}

/** Equality in constant time for equal lengths: one side is derived from a secret. */
export function isSameSecret(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
