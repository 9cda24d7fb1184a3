import { createECDH, createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SelvedgeError } from '@selvedge/errors';
import { sm2 } from 'sm-crypto-v2';
import { fromHex, toHex } from '../bytes.js';
import type { SigningKeyPair } from '../suite.js';

/**
 * SM2 signatures with SM3 (GB/T 32918.2-2016): 64 bytes, r ‖ s. The signer's id is the default of GM/T 0009-2012
 * section 10, which RFC 8998 keeps for certificates. Keys, nonces and SM3 are OpenSSL's; the signature itself is
 * `sm-crypto-v2`'s, since Node signs with an empty id.
 */
const SIGNER_ID = '1234567812345678';
const SIGNATURE_BYTES = 64;
const POINT_BYTES = 65;

export function generateSm2(): SigningKeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'SM2' });
  return { publicKey, privateKey, publicKeyDer: publicKey.export({ format: 'der', type: 'spki' }) };
}

export function importSm2(der: Uint8Array): KeyObject {
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
    if (keyOf(key) !== undefined) return key;
  } catch (cause) {
    throw new SelvedgeError('SIGNATURE_INVALID', 'not an SM2 public key', { cause });
  }
  throw new SelvedgeError('SIGNATURE_INVALID', 'not an SM2 public key');
}

/** What signing and verifying need of a key; reading it out of a KeyObject costs more than to remember it. */
interface Sm2Key {
  /** Uncompressed point, hex. */
  readonly point: string;
  /** Z of GB/T 32918.2 section 5.5: SM3 over signer id, curve and public key. */
  readonly z: Uint8Array;
  /** Hex; of a private key. */
  readonly scalar: string;
}
const known = new WeakMap<KeyObject, Sm2Key>();

/** SubjectPublicKeyInfo (RFC 5480 section 2) of id-ecPublicKey on 1.2.156.10197.1.301, up to the uncompressed point. */
const SPKI_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a811ccf5501822d03420004', 'hex');
/** Of an ECPrivateKey (RFC 5915 section 3): version 1, and the head of an OCTET STRING of 32 bytes. */
const SCALAR_PREFIX = Buffer.of(0x02, 0x01, 0x01, 0x04, 0x20);

/**
 * undefined for a key of another kind. Read from its encoding: Node names the type and curve of SM2 keys that it has
 * generated, not of those that it has parsed, and aborts when asked for a parsed one as SEC 1.
 */
function keyOf(key: KeyObject): Sm2Key | undefined {
  const found = known.get(key);
  if (found !== undefined) return found;
  if (key.type === 'secret') return undefined;
  const spki = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'der', type: 'spki' });
  if (!spki.subarray(0, SPKI_PREFIX.length).equals(SPKI_PREFIX)) return undefined;
  const point = toHex(spki.subarray(-POINT_BYTES));
  const made = { point, z: sm2.getZ(point, SIGNER_ID), scalar: key.type === 'private' ? scalarOf(key) : '' };
  known.set(key, made);
  return made;
}

function scalarOf(key: KeyObject): string {
  const der = key.export({ format: 'der', type: 'pkcs8' });
  const start = der.indexOf(SCALAR_PREFIX, SPKI_PREFIX.length) + SCALAR_PREFIX.length;
  if (start < SCALAR_PREFIX.length) throw new RangeError('SM2 private key: 32 bytes expected');
  return toHex(der.subarray(start, start + 32));
}

/** Section 6.1: e = SM3(Z ‖ M). */
function digest({ z }: Sm2Key, message: Uint8Array): Uint8Array {
  return createHash('sm3').update(z).update(message).digest();
}

export function signSm2(privateKey: KeyObject, message: Uint8Array): Uint8Array {
  const key = keyOf(privateKey);
  if (key === undefined) throw new RangeError('not an SM2 private key');
  // The nonce and its point: the library would draw from a pool of its own.
  const nonces = [freshNonce(), freshNonce()];
  return fromHex(sm2.doSignature(digest(key, message), key.scalar, { pointPool: nonces }));
}

function freshNonce(): { readonly k: bigint; readonly x1: bigint } {
  const ecdh = createECDH('SM2');
  const x1 = ecdh.generateKeys().subarray(1, 33);
  return { k: BigInt(`0x${ecdh.getPrivateKey('hex')}`), x1: BigInt(`0x${toHex(x1)}`) };
}

/** False for wrong and malformed signatures, for s outside 1 to n - 1 and r of n or more, and for keys of another kind. */
export function isSm2SignatureValid(publicKey: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  const key = keyOf(publicKey);
  if (key === undefined || signature.length !== SIGNATURE_BYTES) return false;
  try {
    return sm2.doVerifySignature(digest(key, message), toHex(signature), key.point);
  } catch {
    return false;
  }
}
