import { deriveKey, suiteByName } from '@selvedge/crypto';

export const SALT_BYTES = 32;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;

// The store's own cipher does not depend on the network's suites; the default one's AEAD is AES-256-GCM.
const AEAD = suiteByName('P256-AES256GCM-SHA256');

/** AES-256-GCM under a key and nonce of their own for each fresh salt. */
export interface StoreCipher {
  seal(salt: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** Throws DECRYPT_FAILED. */
  open(salt: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array;
}

/** @param secret has full entropy, so HKDF suffices; label: what is sealed, so that no two uses share a key */
export function createStoreCipher(secret: Uint8Array, label: string): StoreCipher {
  const derive = (salt: Uint8Array): [key: Uint8Array, nonce: Uint8Array] => {
    const material = deriveKey(secret, label, [salt], KEY_BYTES + NONCE_BYTES);
    return [material.subarray(0, KEY_BYTES), material.subarray(KEY_BYTES)];
  };
  return {
    seal: (salt, aad, plaintext) => AEAD.aeadSeal(...derive(salt), aad, plaintext),
    open: (salt, aad, ciphertext) => AEAD.aeadOpen(...derive(salt), aad, ciphertext),
  };
}
