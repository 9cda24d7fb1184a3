import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { DhKem } from './kem.js';
import { i2osp, labelledExpand, labelledExtract } from './labelled-kdf.js';
import type { KemKeyPair, SealedBytes } from '../suite.js';

/** HPKE base mode (RFC 9180), single shot, with HKDF-SHA256 and AES-256-GCM. */

const KDF_HKDF_SHA256 = 0x0001;
const AEAD_AES_256_GCM = 0x0002;
const MODE_BASE = Buffer.of(0x00);
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const EMPTY = new Uint8Array(0);

/** Key, base nonce and exporter secret of one context (section 5.1). */
export interface HpkeKeySchedule {
  readonly key: Uint8Array;
  readonly baseNonce: Uint8Array;
  readonly exporterSecret: Uint8Array;
}

export interface Hpke {
  readonly kem: DhKem;
  /** Section 5.1, KeySchedule in base mode; info of any length. */
  keySchedule(sharedSecret: Uint8Array, info: Uint8Array): HpkeKeySchedule;
  /** SealBase; ephemeral is for test vectors only. */
  seal(recipientPublicKey: Uint8Array, info: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, ephemeral?: KemKeyPair): SealedBytes;
  /** OpenBase. Throws on any failure; callers map every failure to one code. */
  open(recipient: KemKeyPair, enc: Uint8Array, info: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array;
  /** Section 5.3, Context.Export. */
  export(schedule: HpkeKeySchedule, exporterContext: Uint8Array, lengthBytes: number): Uint8Array;
}

export function createHpke(kem: DhKem): Hpke {
  const suiteId = Buffer.concat([Buffer.from('HPKE'), i2osp(kem.id, 2), i2osp(KDF_HKDF_SHA256, 2), i2osp(AEAD_AES_256_GCM, 2)]);
  const pskIdHash = labelledExtract(suiteId, EMPTY, 'psk_id_hash', EMPTY);

  const keySchedule = (sharedSecret: Uint8Array, info: Uint8Array): HpkeKeySchedule => {
    const infoHash = labelledExtract(suiteId, EMPTY, 'info_hash', info);
    const context = Buffer.concat([MODE_BASE, pskIdHash, infoHash]);
    const secret = labelledExtract(suiteId, sharedSecret, 'secret', EMPTY);
    return {
      key: labelledExpand(suiteId, secret, 'key', context, KEY_BYTES),
      baseNonce: labelledExpand(suiteId, secret, 'base_nonce', context, NONCE_BYTES),
      exporterSecret: labelledExpand(suiteId, secret, 'exp', context, 32),
    };
  };

  return {
    kem,
    keySchedule,
    seal(recipientPublicKey, info, aad, plaintext, ephemeral) {
      const { sharedSecret, enc } = kem.encapsulate(recipientPublicKey, ephemeral);
      const { key, baseNonce } = keySchedule(sharedSecret, info);
      return { enc, ciphertext: gcmSeal(key, baseNonce, aad, plaintext) };
    },
    open(recipient, enc, info, aad, ciphertext) {
      const { key, baseNonce } = keySchedule(kem.decapsulate(enc, recipient), info);
      return gcmOpen(key, baseNonce, aad, ciphertext);
    },
    export: (schedule, exporterContext, lengthBytes) =>
      labelledExpand(suiteId, schedule.exporterSecret, 'sec', exporterContext, lengthBytes),
  };
}

/** AES-256-GCM; returns ciphertext with the 16-byte tag appended. */
export function gcmSeal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(aad);
  const head = cipher.update(plaintext);
  return Buffer.concat([head, cipher.final(), cipher.getAuthTag()]);
}

/** AES-256-GCM with appended 16-byte tag. Throws on any failure. */
export function gcmOpen(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const split = Math.max(0, ciphertext.length - TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad);
  // Refuses a tag of another length, so a ciphertext shorter than its tag too.
  decipher.setAuthTag(ciphertext.subarray(split));
  const head = decipher.update(ciphertext.subarray(0, split));
  return Buffer.concat([head, decipher.final()]);
}
