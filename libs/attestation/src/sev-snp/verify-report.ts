import { verify, type X509Certificate } from 'node:crypto';
import { equalBytes, sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS } from '@selvedge/protocol';
import { isIssuedBy, isWithinValidity, parseCertificate } from '../certificate/x509.js';
import { isRevokedBy, verifyRevocationList } from '../revocation.js';
import { readEndorsementKey, type EndorsementKey } from './endorsement-key.js';
import { AMD_ARK_SHA256, readSnpTcb, type SnpProduct, type SnpTcb } from './product.js';
import { parseSnpReport, type SnpReport } from './report.js';

/** Certificates beside a report, DER. */
export interface SnpCollateral {
  /** VCEK or VLEK. */
  readonly endorsementKey: Uint8Array;
  /** ASK of a VCEK, ASVK of a VLEK. */
  readonly signingKey: Uint8Array;
  /** ARK. */
  readonly root: Uint8Array;
  /** The ARK's revocation list, which may name the ASK; undefined when there is none. */
  readonly revocationList: Uint8Array | undefined;
}

export interface SnpTrust {
  /** SHA-256 of the DER of accepted roots by product, lower-case hex; AMD's unless a test brings its own. */
  readonly arkSha256?: Readonly<Partial<Record<SnpProduct, string>>>;
  /** false: a report is verified without the ARK's revocation list. Default true. */
  readonly requireRevocationList?: boolean;
}

export interface VerifiedSnpReport {
  readonly report: SnpReport;
  readonly product: SnpProduct;
  readonly tcb: SnpTcb;
}

/**
 * Verifies a report with certificates and time supplied by the caller: root by pin, chain (RSASSA-PSS), revocation, the report's
 * signature, and that certificate and report name the same chip and TCB.
 * Throws EVIDENCE_MALFORMED, EVIDENCE_INVALID, EVIDENCE_REVOKED, COLLATERAL_MALFORMED, COLLATERAL_MISMATCH, COLLATERAL_CRL_*.
 */
export function verifySnpReport(bytes: Uint8Array, collateral: SnpCollateral, trust: SnpTrust, at: Date): VerifiedSnpReport {
  const report = parseSnpReport(bytes);
  const [leaf, signer, root] = [
    readCertificate(collateral.endorsementKey, 'endorsement key'),
    readCertificate(collateral.signingKey, 'signing key'),
    readCertificate(collateral.root, 'root key'),
  ];
  const key = readEndorsementKey(leaf);
  if ((trust.arkSha256 ?? AMD_ARK_SHA256)[key.product] !== toHex(sha256(root.raw))) throw invalid(`the chain does not end at AMD’s root for ${key.product}`);
  if (!isIssuedBy(signer, root)) throw invalid('the signing key’s certificate is not issued by the root');
  if (!isIssuedBy(leaf, signer)) throw invalid('the endorsement key’s certificate is not issued by the signing key');
  if (![leaf, signer, root].every((certificate) => isWithinValidity(certificate, at))) throw invalid('a certificate is outside its validity period');
  verifyNotRevoked(signer, root, collateral.revocationList, trust, at);
  if (!verify('sha384', report.signed, { key: leaf.publicKey, dsaEncoding: 'ieee-p1363' }, report.signature)) throw invalid('the report’s signature does not verify');
  const tcb = readSnpTcb(key.product, report.reportedTcb);
  verifySamePlatform(report, key, tcb);
  return { report, product: key.product, tcb };
}

const invalid = (what: string): SelvedgeError => new SelvedgeError('EVIDENCE_INVALID', `SEV-SNP evidence: ${what}`);

function readCertificate(der: Uint8Array, what: string): X509Certificate {
  const certificate = der.length > LIMITS.maxCertificateBytes ? undefined : parseCertificate(der);
  if (certificate === undefined) throw new SelvedgeError('COLLATERAL_MALFORMED', `SEV-SNP certificate of the ${what}: does not parse`);
  return certificate;
}

function verifyNotRevoked(signer: X509Certificate, root: X509Certificate, der: Uint8Array | undefined, trust: SnpTrust, at: Date): void {
  if (der === undefined && trust.requireRevocationList === false) return;
  const list = verifyRevocationList(der ?? new Uint8Array(0), root, at, 'revocation list of AMD’s root');
  if (isRevokedBy(signer, root, [list])) throw new SelvedgeError('EVIDENCE_REVOKED', 'SEV-SNP evidence: the signing key is on AMD’s revocation list');
}

/**
 * A certificate is of one chip (VCEK) and of one TCB: another's, genuine as it may be, says nothing of this report.
 * Throws COLLATERAL_MISMATCH, and EVIDENCE_INVALID when the chip id is masked.
 */
export function verifySamePlatform(report: SnpReport, key: EndorsementKey, tcb: SnpTcb): void {
  if (report.signingKey !== key.kind) throw new SelvedgeError('COLLATERAL_MISMATCH', `a report of a ${report.signingKey.toUpperCase()} with the certificate of a ${key.kind.toUpperCase()}`);
  if (report.chipId.every((byte) => byte === 0)) throw invalid('the chip id is masked, so that the platform cannot be told from others');
  if (key.hwId !== undefined && !isChip(report.chipId, key.hwId)) throw new SelvedgeError('COLLATERAL_MISMATCH', 'the certificate is of another chip');
  for (const name of ['fmc', 'bootloader', 'tee', 'snp', 'microcode'] as const) {
    if (tcb[name] !== key.tcb[name]) throw new SelvedgeError('COLLATERAL_MISMATCH', `the certificate is of another TCB: ${name} ${String(key.tcb[name])}, reported ${String(tcb[name])}`);
  }
}

/** Turin's ids have 8 bytes, followed by zeros in the report. */
function isChip(chipId: Uint8Array, hwId: Uint8Array): boolean {
  return (hwId.length === 8 || hwId.length === chipId.length) && equalBytes(chipId.subarray(0, hwId.length), hwId) && chipId.subarray(hwId.length).every((byte) => byte === 0);
}
