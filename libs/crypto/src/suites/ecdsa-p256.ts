import { createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { SigningKeyPair } from '../suite.js';

/** ECDSA on P-256 with SHA-256, DER-encoded, low-S: what a Fabric MSP signs and accepts. */

const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const HALF_ORDER = ORDER >> 1n;

export function generateP256(): SigningKeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { publicKey, privateKey, publicKeyDer: publicKey.export({ format: 'der', type: 'spki' }) };
}

export function importP256(der: Uint8Array): KeyObject {
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
    if (isP256(key)) return key;
  } catch (cause) {
    throw new SelvedgeError('SIGNATURE_INVALID', 'not a P-256 public key', { cause });
  }
  throw new SelvedgeError('SIGNATURE_INVALID', 'not a P-256 public key');
}

function isP256(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
}

/** Signs and lowers S (BIP 62 form), because Fabric refuses high-S signatures. */
export function signP256(privateKey: KeyObject, message: Uint8Array): Uint8Array {
  const raw = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const s = BigInt('0x' + raw.subarray(32).toString('hex'));
  const low = s > HALF_ORDER ? Buffer.from((ORDER - s).toString(16).padStart(64, '0'), 'hex') : raw.subarray(32);
  return derSignature(raw.subarray(0, 32), low);
}

/** False for wrong, malformed and high-S signatures, and for keys of another kind. */
export function isP256SignatureValid(publicKey: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isP256(publicKey) || !isLowS(signature)) return false;
  try {
    return verify('sha256', message, publicKey, signature);
  } catch {
    return false;
  }
}

function derInteger(value: Uint8Array): Buffer {
  let start = 0;
  while (start < value.length - 1 && value[start] === 0) start += 1;
  const body = value.subarray(start);
  const pad = (body[0] as number) >= 0x80 ? [0] : [];
  return Buffer.concat([Buffer.of(0x02, body.length + pad.length, ...pad), body]);
}

function derSignature(r: Uint8Array, s: Uint8Array): Buffer {
  const body = Buffer.concat([derInteger(r), derInteger(s)]);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
}

function isLowS(signature: Uint8Array): boolean {
  // SEQUENCE { INTEGER r, INTEGER s }, all lengths in short form for P-256.
  if (signature.length < 8 || signature[0] !== 0x30 || signature[2] !== 0x02) return false;
  const rLength = signature[3] as number;
  const sTag = 4 + rLength;
  if (signature[sTag] !== 0x02) return false;
  const sLength = signature[sTag + 1];
  const s = signature.subarray(sTag + 2);
  if (sLength === undefined || s.length !== sLength || s.length === 0 || s.length > 33) return false;
  return BigInt('0x' + Buffer.from(s).toString('hex')) <= HALF_ORDER;
}
