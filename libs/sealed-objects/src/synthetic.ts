import { suiteByName, type Suite } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { isSameSecret, KEY_BYTES, requireKey } from './keys.js';

/**
 * Deterministic encryption with a synthetic nonce (DESIGN 3). One HKDF over key and header gives content key, nonce key
 * and commitment; the nonce is the first 96 bits of HMAC(nonce key, plaintext). The same input gives the same bytes on
 * every replica; another header gives another key, another plaintext another nonce.
 */

export type SyntheticKind = 'packet' | 'event' | 'part';
const NONCE_BYTES = 12;

export interface SyntheticKeys {
  readonly contentKey: Uint8Array;
  readonly nonceKey: Uint8Array;
  /** 32 bytes; AES-GCM alone does not commit to its key. */
  readonly commitment: Uint8Array;
}

export interface SyntheticBox {
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** @param clearHeader header bytes with an empty commitment */
export function deriveSyntheticKeys(kind: SyntheticKind, suite: string, key: Uint8Array, clearHeader: Uint8Array): SyntheticKeys {
  requireKey(`${kind} key`, key);
  const okm = suiteByName(suite).deriveKey(key, `${kind} keys`, [clearHeader], 3 * KEY_BYTES);
  return {
    contentKey: okm.subarray(0, KEY_BYTES),
    nonceKey: okm.subarray(KEY_BYTES, 2 * KEY_BYTES),
    commitment: okm.subarray(2 * KEY_BYTES),
  };
}

function syntheticNonce(kind: SyntheticKind, suite: Suite, keys: SyntheticKeys, plaintext: Uint8Array): Uint8Array {
  return suite.labelledHmac(keys.nonceKey, `${kind} nonce`, plaintext).subarray(0, NONCE_BYTES);
}

/** @param header header bytes with the commitment: the associated data */
export function sealSynthetic(kind: SyntheticKind, suiteName: string, keys: SyntheticKeys, header: Uint8Array, plaintext: Uint8Array): SyntheticBox {
  const suite = suiteByName(suiteName);
  const nonce = syntheticNonce(kind, suite, keys, plaintext);
  return { nonce, ciphertext: suite.aeadSeal(keys.contentKey, nonce, header, plaintext) };
}

/** Plaintext. Throws DECRYPT_FAILED when commitment, tag or recomputed nonce fails, without saying which. */
export function openSynthetic(
  kind: SyntheticKind,
  suiteName: string,
  keys: SyntheticKeys,
  header: { readonly bytes: Uint8Array; readonly commitment: Uint8Array },
  box: SyntheticBox,
): Uint8Array {
  if (!isSameSecret(keys.commitment, header.commitment)) throw new SelvedgeError('DECRYPT_FAILED', 'decryption failed');
  const suite = suiteByName(suiteName);
  const plaintext = suite.aeadOpen(keys.contentKey, box.nonce, header.bytes, box.ciphertext);
  if (!isSameSecret(syntheticNonce(kind, suite, keys, plaintext), box.nonce)) throw new SelvedgeError('DECRYPT_FAILED', 'decryption failed');
  return plaintext;
}
