import { createHmac } from 'node:crypto';

const HASH_BYTES = 32;
const NO_SALT = new Uint8Array(HASH_BYTES);
const NOTHING: Uint8Array = new Uint8Array(0);

/** HKDF (RFC 5869) over HMAC with a hash of 32 bytes. */
export interface Hkdf {
  /** Section 2.2: 32 bytes. An empty salt is 32 zeros. */
  readonly extract: (salt: Uint8Array, keyMaterial: Uint8Array) => Uint8Array;
  /** Section 2.3: lengthBytes bytes, of memory of their own. Throws RangeError outside of 0 to 255 * 32. */
  readonly expand: (pseudorandomKey: Uint8Array, info: Uint8Array, lengthBytes: number) => Uint8Array;
}

/** node:crypto's own hkdfSync gives the same and takes twice as long: it makes a job and a key object for each call. */
export function createHkdf(hash: 'sha256' | 'sm3'): Hkdf {
  return {
    extract: (salt, keyMaterial) => createHmac(hash, salt.length === 0 ? NO_SALT : salt).update(keyMaterial).digest(),
    expand(pseudorandomKey, info, lengthBytes) {
      if (!Number.isInteger(lengthBytes) || lengthBytes < 0 || lengthBytes > 255 * HASH_BYTES) throw new RangeError('HKDF: 0 to 255 blocks of 32 bytes are expected');
      const output = new Uint8Array(lengthBytes);
      let previous = NOTHING;
      for (let start = 0; start < lengthBytes; start += HASH_BYTES) {
        previous = createHmac(hash, pseudorandomKey).update(previous).update(info).update(Uint8Array.of(start / HASH_BYTES + 1)).digest();
        output.set(previous.subarray(0, lengthBytes - start), start);
      }
      return output;
    },
  };
}
