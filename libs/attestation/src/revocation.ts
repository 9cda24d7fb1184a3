import type { X509Certificate } from 'node:crypto';
import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { parseRevocationList, type RevocationList } from '@selvedge/identity/x509';
import { maySignRevocationLists, subjectName } from './certificate/x509.js';

/** A revocation list whose signature and time were checked. */
export type VerifiedRevocationList = Pick<RevocationList, 'issuer' | 'serials'>;

const MAX_LIST_BYTES = 256 * 1024;

/**
 * Checks a revocation list against the authority that must have issued it (RFC 5280 section 6.3.3). Its next update is required:
 * without one it would never be stale.
 * Throws COLLATERAL_CRL_MISSING when empty, COLLATERAL_MALFORMED, COLLATERAL_CRL_WRONG_ISSUER, COLLATERAL_CRL_INVALID (signature, key usage), COLLATERAL_CRL_EXPIRED.
 */
export function verifyRevocationList(der: Uint8Array, issuer: X509Certificate, at: Date, what: string): VerifiedRevocationList {
  if (der.length === 0) throw new SelvedgeError('COLLATERAL_CRL_MISSING', `${what} is missing`);
  if (der.length > MAX_LIST_BYTES) throw new SelvedgeError('COLLATERAL_MALFORMED', `${what}: ${String(der.length)} bytes, at most ${String(MAX_LIST_BYTES)} allowed`);
  const list = parseRevocationList(der, 'COLLATERAL_MALFORMED');
  if (list.issuer !== toHex(subjectName(issuer))) throw new SelvedgeError('COLLATERAL_CRL_WRONG_ISSUER', `${what} is of another authority`);
  if (!list.isSignedBy(issuer.publicKey)) throw new SelvedgeError('COLLATERAL_CRL_INVALID', `${what}: its signature does not verify`);
  if (!maySignRevocationLists(issuer)) throw new SelvedgeError('COLLATERAL_CRL_INVALID', `${what}: its issuer may not sign revocation lists`);
  if (list.nextUpdate === undefined) throw new SelvedgeError('COLLATERAL_MALFORMED', `${what} names no next update`);
  if (at < list.thisUpdate) throw new SelvedgeError('COLLATERAL_CRL_EXPIRED', `${what} is not valid before ${list.thisUpdate.toISOString()}`);
  if (at > list.nextUpdate) throw new SelvedgeError('COLLATERAL_CRL_EXPIRED', `${what} expired at ${list.nextUpdate.toISOString()}`);
  return list;
}

/** Whether the issuer's list names a certificate. Throws COLLATERAL_CRL_MISSING when there is no list of this issuer. */
export function isRevokedBy(certificate: X509Certificate, issuer: X509Certificate, lists: readonly VerifiedRevocationList[]): boolean {
  const name = toHex(subjectName(issuer));
  const list = lists.find((candidate) => candidate.issuer === name);
  if (list === undefined) throw new SelvedgeError('COLLATERAL_CRL_MISSING', 'no revocation list of a certificate’s issuer');
  return list.serials.has(certificate.serialNumber.toLowerCase().replace(/^0+(?=.)/, ''));
}
