import { randomBytes, webcrypto, type KeyObject } from 'node:crypto';
import type * as X509 from '@peculiar/x509';

/** ECDSA on P-256 with SHA-256, in WebCrypto's terms. */
export const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** Node's WebCrypto, for the generators of @peculiar/x509. */
export const provider: webcrypto.Crypto = webcrypto;

/**
 * Loads @peculiar/x509 when a certificate is made: roles that only verify do without it. tsyringe, inside it, needs the
 * polyfill loaded before.
 */
export async function loadX509(): Promise<typeof X509> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

/** The same key for WebCrypto: to sign when private, to verify when public. */
export async function importKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  if (key.type === 'private') return webcrypto.subtle.importKey('pkcs8', key.export({ format: 'der', type: 'pkcs8' }), ALGORITHM, true, ['sign']);
  return webcrypto.subtle.importKey('spki', key.export({ format: 'der', type: 'spki' }), ALGORITHM, true, ['verify']);
}

/** A random positive serial number of 16 bytes, hex (RFC 5280 section 4.1.2.2). */
export function freshSerial(): string {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40;
  return serial.toString('hex');
}
