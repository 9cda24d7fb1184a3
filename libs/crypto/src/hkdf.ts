import { createHmac } from 'node:crypto';

const HASH_BYTES = 32;
const NO_SALT = new Uint8Array(HASH_BYTES);
const FIRST = Uint8Array.of(1);

/** HKDF (RFC 5869) over HMAC with a hash of 32 bytes. */
export interface Hkdf {
  /** Section 2.2: 32 bytes. An empty salt is 32 zeros. */
  readonly extract: (salt: Uint8Array, keyMaterial: Uint8Array) => Uint8Array;
  /** Section 2.3: lengthBytes bytes. Throws RangeError above 255 * 32. */
  readonly expand: (pseudorandomKey: Uint8Array, info: Uint8Array, lengthBytes: number) => Uint8Array;
}

/** node:crypto's own hkdfSync gives the same and takes twice as long: it makes a job and a key object for each call. */
export function createHkdf(hash: 'sha256' | 'sm3'): Hkdf {
  return {
    extract: (salt, keyMaterial) => createHmac(hash, salt.length === 0 ? NO_SALT : salt).update(keyMaterial).digest(),
    expand(pseudorandomKey, info, lengthBytes) {
      if (lengthBytes > 255 * HASH_BYTES) throw new RangeError('HKDF: more than 255 blocks');
      let block: Buffer = createHmac(hash, pseudorandomKey).update(info).update(FIRST).digest();
      if (lengthBytes <= HASH_BYTES) return block.subarray(0, lengthBytes);
      const blocks = [block];
      while (blocks.length * HASH_BYTES < lengthBytes) {
        block = createHmac(hash, pseudorandomKey).update(block).update(info).update(Uint8Array.of(blocks.length + 1)).digest();
        blocks.push(block);
      }
      return Buffer.concat(blocks).subarray(0, lengthBytes);
    },
  };
}
