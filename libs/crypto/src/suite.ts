import type { KeyObject } from 'node:crypto';
import type { KeyedHash } from './labels.js';

/** Names of the suites; the first is the default. */
export const SUITE_NAMES = ['P256-AES256GCM-SHA256', 'X25519-ED25519-AES256GCM-SHA256', 'SM2-SM4GCM-SM3'] as const;
export type SuiteName = (typeof SUITE_NAMES)[number];
/** Suites of a network that names none: SM2-SM4GCM-SM3 is for those who must have it, and slower by far. */
export const DEFAULT_SUITE_NAMES = ['P256-AES256GCM-SHA256', 'X25519-ED25519-AES256GCM-SHA256'] as const satisfies readonly SuiteName[];

/** An HPKE key pair as raw bytes (RFC 9180 section 7.1.1: SerializePublicKey, SerializePrivateKey). */
export interface KemKeyPair {
  /** Npk bytes: 65 for P-256 and SM2 (uncompressed point), 32 for X25519. */
  readonly publicKey: Uint8Array;
  /** Nsk bytes: 32. */
  readonly privateKey: Uint8Array;
}

export interface SigningKeyPair {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKeyDer: Uint8Array;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export interface SealedBytes {
  /** Encapsulated key, Nenc bytes. */
  readonly enc: Uint8Array;
  /** Ciphertext with its 16-byte tag. */
  readonly ciphertext: Uint8Array;
}

/** Context.Export of an HPKE context (RFC 9180 section 5.3): `lengthBytes` bytes for each exporter context. */
export type HpkeExport = (exporterContext: Uint8Array, lengthBytes: number) => Uint8Array;

/** The sender's side of an HPKE context whose secrets are exported. */
export interface HpkeSender {
  /** Encapsulated key, Nenc bytes, for the recipient. */
  readonly enc: Uint8Array;
  readonly export: HpkeExport;
}

/**
 * One named set of algorithms: HPKE base mode, signatures, AEAD, and HMAC and HKDF under the suite's hash. All symmetric
 * keys are 32 bytes, of which SM4 takes the first 16; nonces are 12.
 */
export interface Suite extends KeyedHash {
  readonly name: SuiteName;
  generateKemKeyPair(): KemKeyPair;
  /** RFC 9180 section 7.1.3 DeriveKeyPair. ikm has at least 32 bytes of entropy. Throws RangeError when it is shorter. */
  deriveKemKeyPair(ikm: Uint8Array): KemKeyPair;
  /** Whether hpkeSeal takes this public key: a point of the curve, of full order, in the encoding of RFC 9180 section 7.1.1. */
  isKemPublicKey(publicKey: Uint8Array): boolean;
  /** RFC 9180 section 6.1, SealBase. Throws SelvedgeError PUBLIC_KEY_INVALID when the public key is off the curve, of low order or of another length. */
  hpkeSeal(recipientPublicKey: Uint8Array, info: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): SealedBytes;
  /**
   * As hpkeSeal, with the ephemeral key pair derived (RFC 9180 section 7.1.3) from ikm, a secret of 32 bytes: equal inputs give equal
   * bytes. The same ikm must never come with another recipient, info, aad or plaintext. Throws RangeError when it is shorter.
   */
  hpkeSealDerived(ikm: Uint8Array, recipientPublicKey: Uint8Array, info: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): SealedBytes;
  /** RFC 9180 section 6.1, OpenBase. Throws SelvedgeError DECRYPT_FAILED, whatever the reason. */
  hpkeOpen(recipient: KemKeyPair, enc: Uint8Array, info: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array;
  /** RFC 9180 section 5.1.1, SetupBaseS. Throws as hpkeSeal. */
  hpkeSetupSender(recipientPublicKey: Uint8Array, info: Uint8Array): HpkeSender;
  /** RFC 9180 section 5.1.1, SetupBaseR. Throws as hpkeOpen, though a wrong key shows only in what its secrets open. */
  hpkeSetupRecipient(recipient: KemKeyPair, enc: Uint8Array, info: Uint8Array): HpkeExport;
  generateSigningKeyPair(): SigningKeyPair;
  /** Imports SubjectPublicKeyInfo (DER). Throws SelvedgeError SIGNATURE_INVALID when it is not a key of this suite. */
  importPublicKey(der: Uint8Array): KeyObject;
  /** P-256: ECDSA-SHA-256, DER, low-S as Fabric wants it. Ed25519: 64 bytes (RFC 8032). SM2: 64 bytes, r ‖ s (GB/T 32918.2). */
  sign(privateKey: KeyObject, message: Uint8Array): Uint8Array;
  /** False for a wrong signature, a malformed one, a high-S one, and a key of another kind. */
  isSignatureValid(publicKey: KeyObject, message: Uint8Array, signature: Uint8Array): boolean;
  /** Returns ciphertext with the 16-byte tag appended. key 32 bytes, nonce 12 bytes. */
  aeadSeal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** Throws SelvedgeError DECRYPT_FAILED. */
  aeadOpen(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array;
}
