import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { parseCertificate, type Certificate } from './x509/certificate.js';
import { parsePem } from './x509/pem.js';

/** A certificate and its private key (PKCS #8 or SEC 1), PEM, of one organisation. */
export interface KeyPairPem {
  readonly mspId: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** Parses both. Throws INVALID_CONFIGURATION when one does not parse, is not P-256, or they do not belong together. */
export function parseKeyPair(input: KeyPairPem): { readonly certificate: Certificate; readonly privateKey: KeyObject } {
  const certificate = parseCertificate(parsePem(input.certificatePem, 'CERTIFICATE', 'INVALID_CONFIGURATION'), 'INVALID_CONFIGURATION');
  const privateKey = parsePrivateKey(input.privateKeyPem);
  const publicKeyDer = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  if (!equalBytes(publicKeyDer, certificate.publicKeyDer)) throw new SelvedgeError('INVALID_CONFIGURATION', `${input.mspId}: private key and certificate do not belong together`);
  return { certificate, privateKey };
}

function parsePrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // Without the cause, whose text is not ours: it must not show any of the key.
    throw new SelvedgeError('INVALID_CONFIGURATION', 'private key: does not parse');
  }
}
