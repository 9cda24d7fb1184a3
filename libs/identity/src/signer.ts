import { signP256 } from '@selvedge/crypto';
import { SerializedIdentitySchema, encodeMessage } from '@selvedge/protocol';
import type { SignedBy } from './identity.js';
import { parseKeyPair, type KeyPairPem } from './key-pair.js';

/** An organisation's identity with its private key. */
export interface Signer {
  readonly mspId: string;
  /** SerializedIdentity bytes. */
  readonly serialized: Uint8Array;
  /** ECDSA-SHA-256, DER, low-S. */
  sign(message: Uint8Array): Uint8Array;
}

/** SerializedIdentity bytes of an MSP id and a PEM certificate. */
export function serializeIdentity(mspId: string, certificatePem: string): Uint8Array {
  return encodeMessage(SerializedIdentitySchema, { mspid: mspId, idBytes: new TextEncoder().encode(certificatePem) });
}

/** Builds a signer from PEM. Throws INVALID_CONFIGURATION when key and certificate do not fit (see parseKeyPair). */
export function createSigner(input: KeyPairPem): Signer {
  const { privateKey } = parseKeyPair(input);
  return {
    mspId: input.mspId,
    serialized: serializeIdentity(input.mspId, input.certificatePem),
    sign: (message) => signP256(privateKey, message),
  };
}

/** Signs a message as this identity, in the shape of the wire's IdentitySignature. */
export function signAs(signer: Signer, message: Uint8Array): SignedBy {
  return { identity: signer.serialized, signature: signer.sign(message) };
}
