import { createHkdf } from '../hkdf.js';
import { UNREGISTERED_IDS } from './ids.js';

const VERSION_LABEL = Buffer.from('HPKE-v1');

/** HKDF in the labelled form of RFC 9180 section 4, bound to one suite_id. */
export interface LabelledKdf {
  /** kdf_id of RFC 9180 section 7.2. */
  readonly id: number;
  /** LabeledExtract: 32 bytes. */
  extract(suiteId: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array;
  /** LabeledExpand: lengthBytes bytes. Throws RangeError above 255 * 32. */
  expand(suiteId: Uint8Array, prk: Uint8Array, label: string, info: Uint8Array, lengthBytes: number): Uint8Array;
}

/** I2OSP (RFC 8017 section 4.1): big-endian, of the given length. */
export function i2osp(value: number, lengthBytes: number): Buffer {
  const out = Buffer.alloc(lengthBytes);
  out.writeUIntBE(value, 0, lengthBytes);
  return out;
}

function createLabelledKdf(id: number, hash: 'sha256' | 'sm3'): LabelledKdf {
  const { extract, expand } = createHkdf(hash);
  return {
    id,
    extract: (suiteId, salt, label, ikm) => extract(salt, Buffer.concat([VERSION_LABEL, suiteId, Buffer.from(label), ikm])),
    expand: (suiteId, prk, label, info, lengthBytes) => expand(prk, Buffer.concat([i2osp(lengthBytes, 2), VERSION_LABEL, suiteId, Buffer.from(label), info]), lengthBytes),
  };
}

export const HKDF_SHA256 = createLabelledKdf(0x0001, 'sha256');
/** Not registered for HPKE: see ids.ts. */
export const HKDF_SM3 = createLabelledKdf(UNREGISTERED_IDS.hkdfSm3, 'sm3');
