import { createCipheriv, createDecipheriv } from 'node:crypto';

const TAG_BYTES = 16;

/** Authenticated encryption with associated data; nonces are 12 bytes, tags 16, appended to the ciphertext. */
export interface Aead {
  /** aead_id of RFC 9180 section 7.3. */
  readonly id: number;
  /** Nk. */
  readonly keyBytes: number;
  seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** Throws on any failure; callers map every failure to one code. */
  open(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array;
}

/** AES-256-GCM (NIST SP 800-38D). */
export const AES_256_GCM: Aead = {
  id: 0x0002,
  keyBytes: 32,
  seal(key, nonce, aad, plaintext) {
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    cipher.setAAD(aad);
    const head = cipher.update(plaintext);
    return Buffer.concat([head, cipher.final(), cipher.getAuthTag()]);
  },
  open(key, nonce, aad, ciphertext) {
    const split = Math.max(0, ciphertext.length - TAG_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(aad);
    // Refuses a tag of another length, so a ciphertext shorter than its tag too.
    decipher.setAuthTag(ciphertext.subarray(split));
    const head = decipher.update(ciphertext.subarray(0, split));
    return Buffer.concat([head, decipher.final()]);
  },
};
