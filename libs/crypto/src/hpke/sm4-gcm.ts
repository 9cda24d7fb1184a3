import { sm4 } from 'sm-crypto-v2';
import type { Aead } from './aead.js';
import { UNREGISTERED_IDS } from './ids.js';

const TAG_BYTES = 16;

/** SM4-GCM (GB/T 32907-2016, RFC 8998 section 2): 16-byte keys. OpenSSL as Node has it offers no such mode. */
export const SM4_GCM: Aead = {
  id: UNREGISTERED_IDS.sm4Gcm,
  keyBytes: 16,
  seal(key, nonce, aad, plaintext) {
    requireSizes(key, nonce);
    const { output, tag } = sm4.encrypt(plaintext, key, { mode: 'gcm', iv: nonce, associatedData: aad, output: 'array', outputTag: true });
    if (tag?.length !== TAG_BYTES) throw new RangeError('SM4-GCM: no tag');
    return Buffer.concat([output, tag]);
  },
  open(key, nonce, aad, ciphertext) {
    requireSizes(key, nonce);
    const split = ciphertext.length - TAG_BYTES;
    // The library compares as many bytes as the tag has: it must have all of them.
    if (split < 0) throw new RangeError('SM4-GCM: shorter than its tag');
    return sm4.decrypt(ciphertext.subarray(0, split), key, { mode: 'gcm', iv: nonce, associatedData: aad, tag: ciphertext.subarray(split), output: 'array' });
  },
};

/** The library takes what it gets. */
function requireSizes(key: Uint8Array, nonce: Uint8Array): void {
  if (key.length !== 16 || nonce.length !== 12) throw new RangeError('SM4-GCM: a key of 16 and a nonce of 12 bytes expected');
}
