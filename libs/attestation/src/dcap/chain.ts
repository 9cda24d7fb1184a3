import type { X509Certificate } from 'node:crypto';
import { sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { parsePem } from '@selvedge/identity';
import { parseCertificate as readCertificate } from '@selvedge/identity/x509';
import { isIssuedBy, isWithinValidity, parseCertificate } from '../certificate/x509.js';
import { isRevokedBy, type VerifiedRevocationList } from '../revocation.js';

/** A chain as it came, leaf first, root last. */
export type CertificateChain = readonly [leaf: X509Certificate, ...issuers: X509Certificate[]];

const MAX_CHAIN_BYTES = 32 * 1024;
/** PCK: leaf, Processor or Platform CA, root. TCB signing: leaf, root. */
const MAX_CERTIFICATES = 3;
const BLOCK = /-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/=\r\n]+?-----END CERTIFICATE-----\r?\n?/y;
/** Quotes carry their chain as a C string. */
const REST = /^\s*\0*$/;

/** Splits PEM blocks, leaf first. Throws EVIDENCE_MALFORMED, also on anything between the blocks. */
export function parsePemChain(pem: Uint8Array | string, what: string): CertificateChain {
  const malformed = (reason: string): SelvedgeError => new SelvedgeError('EVIDENCE_MALFORMED', `${what}: ${reason}`);
  if (pem.length > MAX_CHAIN_BYTES) throw malformed(`more than ${String(MAX_CHAIN_BYTES)} bytes`);
  const text = typeof pem === 'string' ? pem : Buffer.from(pem).toString('latin1');
  const certificates: X509Certificate[] = [];
  let end = 0;
  BLOCK.lastIndex = 0;
  for (let found = BLOCK.exec(text); found !== null && certificates.length <= MAX_CERTIFICATES; found = BLOCK.exec(text)) {
    const certificate = parseCertificate(parsePem(found[0], 'CERTIFICATE', 'EVIDENCE_MALFORMED'));
    if (certificate === undefined) throw malformed('a certificate does not parse');
    certificates.push(certificate);
    end = BLOCK.lastIndex;
  }
  const [leaf, ...issuers] = certificates;
  if (leaf === undefined || issuers.length === 0 || certificates.length > MAX_CERTIFICATES) throw malformed(`${String(certificates.length)} certificates, 2 or 3 expected`);
  if (!REST.test(text.slice(end))) throw malformed('more than certificates');
  return [leaf, ...issuers];
}

/** The root of a chain, once it is the pinned one. */
export interface TrustedRoots {
  /** SHA-256 of the DER of accepted root certificates, lower-case hex. */
  readonly rootSha256: readonly string[];
}

/** The chain's last certificate. Throws EVIDENCE_INVALID unless it is pinned. */
export function verifyRoot(chain: CertificateChain, trust: TrustedRoots, what: string): X509Certificate {
  const root = chain.at(-1) as X509Certificate;
  if (!trust.rootSha256.includes(toHex(sha256(root.raw)))) throw new SelvedgeError('EVIDENCE_INVALID', `${what}: the chain does not end at the vendor’s root`);
  return root;
}

/** Verifies signatures, authority and validity of a chain whose root was pinned. Throws EVIDENCE_INVALID. */
export function verifyIssuance(chain: CertificateChain, at: Date, what: string): void {
  for (const certificate of chain) {
    if (!isWithinValidity(certificate, at)) throw new SelvedgeError('EVIDENCE_INVALID', `${what}: a certificate is outside its validity period`);
  }
  for (const [i, certificate] of chain.slice(0, -1).entries()) {
    if (!isIssuedBy(certificate, chain[i + 1] as X509Certificate)) throw new SelvedgeError('EVIDENCE_INVALID', `${what}: a certificate is not issued by the next one of the chain`);
    verifyPathLength(chain[i + 1] as X509Certificate, i, what);
  }
}

/**
 * After verifyIssuance.
 * @param lists of every issuer in the chain: without one a certificate is refused
 * Throws EVIDENCE_REVOKED, COLLATERAL_CRL_MISSING.
 */
export function verifyNotRevoked(chain: CertificateChain, lists: readonly VerifiedRevocationList[], what: string): void {
  for (const [i, certificate] of chain.slice(0, -1).entries()) {
    if (isRevokedBy(certificate, chain[i + 1] as X509Certificate, lists)) throw new SelvedgeError('EVIDENCE_REVOKED', `${what}: a certificate is on its issuer’s revocation list`);
  }
}

/** RFC 5280 section 6.1.4 (l) and (m). @param casBelow CA certificates between it and the leaf */
function verifyPathLength(issuer: X509Certificate, casBelow: number, what: string): void {
  const { pathLength } = readCertificate(issuer.raw, 'EVIDENCE_INVALID');
  if (pathLength !== undefined && pathLength < casBelow) throw new SelvedgeError('EVIDENCE_INVALID', `${what}: more authorities follow than one of them allows`);
}
