import { SelvedgeError } from '@selvedge/errors';
import type { OrganisationTrust } from './identity.js';
import { parseCertificate, type Certificate } from './x509/certificate.js';
import { parseRevocationList, type RevocationList } from './x509/revocation-list.js';

/** Certificates, and revocation lists, of one organisation. */
const MAX_AUTHORITIES = 32;
/** Intermediate certificates between a root and an identity. */
const MAX_INTERMEDIATES = 3;

/** A CA certificate that was traced to a root of its organisation. */
export interface Authority {
  readonly certificate: Certificate;
  /** Authorities that issued it; empty for a root. */
  readonly issuers: readonly Authority[];
  /** How many more intermediates may follow below. */
  readonly capacity: number;
  /** Serials that its revocation lists name. */
  readonly revokedSerials: Set<string>;
}

/** Traces an organisation's authorities and checks its revocation lists. Throws PROFILE_INVALID. */
export function traceAuthorities(trust: OrganisationTrust): readonly Authority[] {
  const refuse = (what: string): SelvedgeError => new SelvedgeError('PROFILE_INVALID', `${trust.mspId}: ${what}`);
  if (trust.rootCertificates.length === 0) throw refuse('no root certificate');
  if (trust.rootCertificates.length + trust.intermediateCertificates.length > MAX_AUTHORITIES) throw refuse('too many certificates');
  if (trust.revocationLists.length > MAX_AUTHORITIES) throw refuse('too many revocation lists');
  const authorities: Authority[] = trust.rootCertificates.map((der) => {
    const certificate = parseAuthority(der, refuse);
    if (certificate.issuer !== certificate.subject) throw refuse('a root certificate is not self-issued');
    if (!certificate.isSignedBy(certificate.publicKey)) throw refuse('a root certificate’s signature does not verify');
    const capacity = Math.min(certificate.pathLength ?? MAX_INTERMEDIATES, MAX_INTERMEDIATES);
    return { certificate, issuers: [], capacity, revokedSerials: new Set() };
  });
  traceIntermediates(authorities, trust.intermediateCertificates.map((der) => parseAuthority(der, refuse)), refuse);
  for (const der of trust.revocationLists) applyRevocationList(authorities, der, refuse);
  return authorities;
}

function parseAuthority(der: Uint8Array, refuse: (what: string) => SelvedgeError): Certificate {
  const certificate = parseCertificate(der, 'PROFILE_INVALID');
  if (!certificate.isCa) throw refuse('a certificate in the chain is not a CA’s (basic constraints)');
  if (certificate.keyUsage?.keyCertSign === false) throw refuse('a CA certificate may not sign certificates (key usage)');
  if (certificate.unknownCritical !== undefined) throw refuse(`critical extension ${certificate.unknownCritical} in a CA certificate`);
  return certificate;
}

/** Adds intermediates level by level, whatever order they are listed in. */
function traceIntermediates(authorities: Authority[], untraced: readonly Certificate[], refuse: (what: string) => SelvedgeError): void {
  let waiting = untraced;
  for (let level = 0; level < MAX_INTERMEDIATES; level += 1) {
    const found: Authority[] = [];
    for (const certificate of waiting) {
      const issuers = issuersOf(certificate, authorities).filter((issuer) => issuer.capacity > 0);
      const capacity = Math.min(certificate.pathLength ?? MAX_INTERMEDIATES, ...issuers.map((issuer) => issuer.capacity - 1));
      if (issuers.length > 0) found.push({ certificate, issuers, capacity, revokedSerials: new Set() });
    }
    authorities.push(...found);
    waiting = waiting.filter((certificate) => !found.some((authority) => authority.certificate === certificate));
  }
  if (waiting.length > 0) throw refuse('an intermediate certificate leads to no root, or its path is too long');
}

function applyRevocationList(authorities: readonly Authority[], der: Uint8Array, refuse: (what: string) => SelvedgeError): void {
  const list = parseRevocationList(der, 'PROFILE_INVALID');
  const issuers = signersOf(list, authorities);
  if (issuers.length === 0) throw refuse('a revocation list is not signed by an authority of the organisation');
  if (issuers.some((issuer) => issuer.certificate.keyUsage?.crlSign === false)) throw refuse('a CA certificate may not sign revocation lists (key usage)');
  for (const issuer of issuers) for (const serial of list.serials) issuer.revokedSerials.add(serial);
}

/** Authorities whose name and key fit a list's issuer and signature. One whose certificate was renewed under the same name and key stands among them twice. */
export function signersOf(list: RevocationList, authorities: readonly Authority[]): Authority[] {
  return authorities.filter((authority) => authority.certificate.subject === list.issuer && list.isSignedBy(authority.certificate.publicKey));
}

/** Authorities whose name and key fit a certificate's issuer and signature. */
export function issuersOf(certificate: Certificate, authorities: readonly Authority[]): Authority[] {
  const named = authorities.filter((authority) => authority.certificate.subject === certificate.issuer);
  return named.filter((authority) => certificate.isSignedBy(authority.certificate.publicKey));
}

/** Whether a certificate, or every path above it, is on a revocation list. */
export function isRevoked(certificate: Certificate, issuers: readonly Authority[]): boolean {
  if (issuers.some((issuer) => issuer.revokedSerials.has(certificate.serial))) return true;
  return issuers.length > 0 && issuers.every((issuer) => isRevoked(issuer.certificate, issuer.issuers));
}

/** Whether a certificate and one path above it are within their validity periods. */
export function isValidAt(certificate: Certificate, issuers: readonly Authority[], at: Date): boolean {
  if (at < certificate.notBefore || at > certificate.notAfter) return false;
  return issuers.length === 0 || issuers.some((issuer) => isValidAt(issuer.certificate, issuer.issuers, at));
}
