import { AES_256_GCM, type Aead } from './aead.js';
import type { DhKem } from './kem.js';
import { HKDF_SHA256, i2osp, type LabelledKdf } from './labelled-kdf.js';
import type { KemKeyPair, SealedBytes } from '../suite.js';

/** HPKE base mode (RFC 9180), single shot. */

const MODE_BASE = Buffer.of(0x00);
const NONCE_BYTES = 12;
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
  /** SealBase; ephemeral: derived by the caller where equal inputs must give equal bytes, and in test vectors. */
  seal(recipientPublicKey: Uint8Array, info: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, ephemeral?: KemKeyPair): SealedBytes;
  /** OpenBase. Throws on any failure; callers map every failure to one code. */
  open(recipient: KemKeyPair, enc: Uint8Array, info: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array;
  /** Section 5.3, Context.Export. */
  export(schedule: HpkeKeySchedule, exporterContext: Uint8Array, lengthBytes: number): Uint8Array;
}

/** By default with HKDF-SHA256 and AES-256-GCM. */
export function createHpke(kem: DhKem, { kdf, aead }: { readonly kdf: LabelledKdf; readonly aead: Aead } = { kdf: HKDF_SHA256, aead: AES_256_GCM }): Hpke {
  const suiteId = Buffer.concat([Buffer.from('HPKE'), i2osp(kem.id, 2), i2osp(kdf.id, 2), i2osp(aead.id, 2)]);
  const pskIdHash = kdf.extract(suiteId, EMPTY, 'psk_id_hash', EMPTY);

  const keySchedule = (sharedSecret: Uint8Array, info: Uint8Array): HpkeKeySchedule => {
    const infoHash = kdf.extract(suiteId, EMPTY, 'info_hash', info);
    const context = Buffer.concat([MODE_BASE, pskIdHash, infoHash]);
    const secret = kdf.extract(suiteId, sharedSecret, 'secret', EMPTY);
    return {
      key: kdf.expand(suiteId, secret, 'key', context, aead.keyBytes),
      baseNonce: kdf.expand(suiteId, secret, 'base_nonce', context, NONCE_BYTES),
      exporterSecret: kdf.expand(suiteId, secret, 'exp', context, 32),
    };
  };

  return {
    kem,
    keySchedule,
    seal(recipientPublicKey, info, aad, plaintext, ephemeral) {
      const { sharedSecret, enc } = kem.encapsulate(recipientPublicKey, ephemeral);
      const { key, baseNonce } = keySchedule(sharedSecret, info);
      return { enc, ciphertext: aead.seal(key, baseNonce, aad, plaintext) };
    },
    open(recipient, enc, info, aad, ciphertext) {
      const { key, baseNonce } = keySchedule(kem.decapsulate(enc, recipient), info);
      return aead.open(key, baseNonce, aad, ciphertext);
    },
    export: (schedule, exporterContext, lengthBytes) =>
      kdf.expand(suiteId, schedule.exporterSecret, 'sec', exporterContext, lengthBytes),
  };
}
