import type { ChaincodeLimits } from './limits.js';
import { RequestError } from './request-error.js';

/** The smallest key that is not composite; the shim puts it for an empty start key. */
const FIRST_SIMPLE_KEY = '\u0001';

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Returns the key. Throws RequestError when it is empty, too long, or not UTF-8: two such keys could become one. */
export function requireKey(key: string, limits: ChaincodeLimits): string {
  if (key === '') throw new RequestError('key must not be an empty string');
  if (Buffer.byteLength(key) > limits.maxKeyBytes) throw new RequestError(`key must not be longer than ${String(limits.maxKeyBytes)} bytes`);
  if (LONE_SURROGATE.test(key) || key.includes('\ufffd')) throw new RequestError('invalid key, must be a UTF-8 string');
  return key;
}

/** Start and end of a range. Throws RequestError when one of them is no key. */
export function requireRange(startKey: string, endKey: string, limits: ChaincodeLimits): { startKey: string; endKey: string } {
  const start = startKey === '' ? FIRST_SIMPLE_KEY : requireKey(startKey, limits);
  // U+10FFFF ends a partial composite key's range; it is a code point like any other here
  const end = endKey === '' ? '' : requireKey(endKey, limits);
  return { startKey: start, endKey: end };
}
