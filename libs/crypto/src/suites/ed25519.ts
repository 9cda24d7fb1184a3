import { createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { SigningKeyPair } from '../suite.js';

/** Ed25519 (RFC 8032): 64-byte signatures. */

export function generateEd25519(): SigningKeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { publicKey, privateKey, publicKeyDer: publicKey.export({ format: 'der', type: 'spki' }) };
}

export function importEd25519(der: Uint8Array): KeyObject {
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (cause) {
    throw new SelvedgeError('SIGNATURE_INVALID', 'not an Ed25519 public key', { cause });
  }
  throw new SelvedgeError('SIGNATURE_INVALID', 'not an Ed25519 public key');
}

export function signEd25519(privateKey: KeyObject, message: Uint8Array): Uint8Array {
  return sign(null, message, privateKey);
}

export function isEd25519SignatureValid(publicKey: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.asymmetricKeyType !== 'ed25519' || signature.length !== 64) return false;
  try {
    return verify(null, message, publicKey, signature);
  } catch {
    return false;
  }
}
