import { createHash, createHmac, hash } from 'node:crypto';
import { LENGTH_BYTES, lengthPrefixed, type Part } from './bytes.js';
import { createHkdf } from './hkdf.js';

const PREFIX = 'selvedge/v1/';
/** Longer ones are hashed first; keys in use rest on it. */
const MAX_INFO_BYTES = 1024;
const NO_SALT = new Uint8Array(0);

/** SHA-256 of bytes as they are: packet versions, block headers and file contents. 32 bytes. */
export function sha256(...chunks: Uint8Array[]): Uint8Array {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) return hash('sha256', first, 'buffer');
  const digest = createHash('sha256');
  for (const chunk of chunks) digest.update(chunk);
  return digest.digest();
}

/** SHA-256 over a label of its own and length-prefixed parts. 32 bytes. */
export function labelledHash(label: string, ...parts: Part[]): Uint8Array {
  return hash('sha256', lengthPrefixed([PREFIX + label, ...parts]), 'buffer');
}

/**
 * A labelledHash of parts whose lengths never vary, several times as fast. The function that it gives throws RangeError
 * for a part of another length.
 */
export function createFixedHash(label: string, ...lengths: readonly number[]): (...parts: Uint8Array[]) => Uint8Array {
  const input = lengthPrefixed([PREFIX + label, ...lengths.map((length) => new Uint8Array(length))]);
  const offsets: number[] = [];
  let end = input.length;
  for (const length of [...lengths].reverse()) {
    offsets.unshift(end - length);
    end -= length + LENGTH_BYTES;
  }
  return (...parts) => {
    if (parts.length !== lengths.length) throw new RangeError(`${label}: ${String(lengths.length)} parts expected`);
    parts.forEach((part, i) => {
      if (part.length !== lengths[i]) throw new RangeError(`${label}: part ${String(i)} has ${String(part.length)} bytes`);
      input.set(part, offsets[i]);
    });
    return hash('sha256', input, 'buffer');
  };
}

/** Derivations under one hash function: what a suite's name ends with. */
export interface KeyedHash {
  /** HMAC over a label of its own and length-prefixed parts. 32 bytes. */
  readonly labelledHmac: (key: Uint8Array, label: string, ...parts: Part[]) => Uint8Array;
  /** HKDF (RFC 5869) with a label of its own and length-prefixed context as info. Default: 32 bytes. */
  readonly deriveKey: (keyMaterial: Uint8Array, label: string, context: readonly Part[], lengthBytes?: number) => Uint8Array;
}

/** HMAC and HKDF over a hash of 32 bytes: SHA-256 (FIPS 180-4) or SM3 (GB/T 32905-2016). */
export function createKeyedHash(name: 'sha256' | 'sm3'): KeyedHash {
  const { extract, expand } = createHkdf(name);
  return {
    labelledHmac: (key, label, ...parts) => createHmac(name, key).update(lengthPrefixed([PREFIX + label, ...parts])).digest(),
    deriveKey(keyMaterial, label, context, lengthBytes = 32) {
      const info = lengthPrefixed([PREFIX + label, ...context]);
      // Under a label of its own: a short context that equals such a hash must not give the same key.
      const bounded = info.length <= MAX_INFO_BYTES ? info : lengthPrefixed([`${PREFIX}long context/${label}`, createHash(name).update(info).digest()]);
      return expand(extract(NO_SALT, keyMaterial), bounded, lengthBytes);
    },
  };
}

/** Under SHA-256: whatever belongs to no suite. */
export const { labelledHmac, deriveKey } = createKeyedHash('sha256');

/** The bytes that a signature covers: a label of its own and length-prefixed parts. */
export function signingInput(label: string, ...parts: Part[]): Uint8Array {
  return lengthPrefixed([PREFIX + 'sign/' + label, ...parts]);
}
