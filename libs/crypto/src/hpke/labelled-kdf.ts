import { createHmac } from 'node:crypto';

/** HKDF-SHA256 in the labelled form of RFC 9180 section 4, bound to one suite_id. */

const VERSION_LABEL = Buffer.from('HPKE-v1');
export const HASH_BYTES = 32;

function hmac(key: Uint8Array, data: Uint8Array): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

/** I2OSP (RFC 8017 section 4.1): big-endian, of the given length. */
export function i2osp(value: number, lengthBytes: number): Buffer {
  const out = Buffer.alloc(lengthBytes);
  out.writeUIntBE(value, 0, lengthBytes);
  return out;
}

/** LabeledExtract: 32 bytes. */
export function labelledExtract(suiteId: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array {
  const key = salt.length === 0 ? Buffer.alloc(HASH_BYTES) : salt;
  return hmac(key, Buffer.concat([VERSION_LABEL, suiteId, Buffer.from(label), ikm]));
}

/** LabeledExpand: lengthBytes bytes, at most 255 * 32. */
export function labelledExpand(suiteId: Uint8Array, prk: Uint8Array, label: string, info: Uint8Array, lengthBytes: number): Uint8Array {
  if (lengthBytes > 255 * HASH_BYTES) throw new RangeError('expand: length above 255 * Nh');
  const labelledInfo = Buffer.concat([i2osp(lengthBytes, 2), VERSION_LABEL, suiteId, Buffer.from(label), info]);
  const blocks: Buffer[] = [];
  let previous: Buffer = Buffer.alloc(0);
  for (let counter = 1; blocks.length * HASH_BYTES < lengthBytes; counter += 1) {
    previous = hmac(prk, Buffer.concat([previous, labelledInfo, Buffer.of(counter)]));
    blocks.push(previous);
  }
  return Buffer.concat(blocks).subarray(0, lengthBytes);
}
