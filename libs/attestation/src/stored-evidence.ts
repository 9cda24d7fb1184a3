import { SelvedgeError } from '@selvedge/errors';
import { parseDcapCollateral } from './dcap/collateral.js';
import { parseDcapQuote } from './dcap/quote.js';
import { INTEL_SGX_ROOT_CA_SHA256 } from './dcap/trust.js';
import { dcapBodyFields, dcapClaims, type DcapTeeType } from './dcap/verifier.js';
import { verifyDcapQuote } from './dcap/verify-quote.js';
import { parseSnpReport, SNP_REPORT_BYTES } from './sev-snp/report.js';
import { SEV_SNP_TEE_TYPE, snpClaims, snpReportFields } from './sev-snp/verifier.js';
import { verifySnpReport } from './sev-snp/verify-report.js';
import type { Claims } from './types.js';

/** A quote or report as it lies in a file, with what its verification needs. */
export interface StoredEvidence {
  readonly quote: Uint8Array;
  /** DCAP: one piece of JSON. SEV-SNP: VCEK or VLEK, ASK or ASVK, ARK and the ARK's revocation list, DER. */
  readonly collateral: readonly Uint8Array[];
  readonly at: Date;
  /** false: SEV-SNP without AMD's revocation list. Default true. */
  readonly requireRevocationList?: boolean;
}

/** What a quote says of itself; nothing of it is verified. */
export interface UnverifiedEvidence {
  readonly teeType: DcapTeeType | typeof SEV_SNP_TEE_TYPE;
  readonly version: number;
  /** 64 bytes. */
  readonly reportData: Uint8Array;
  readonly fields: Readonly<Record<string, string>>;
}

const isSnp = (quote: Uint8Array): boolean => quote.length === SNP_REPORT_BYTES;

/** Reads a quote or report of any known kind. Throws EVIDENCE_MALFORMED. */
export function readEvidence(quote: Uint8Array): UnverifiedEvidence {
  if (isSnp(quote)) {
    const report = parseSnpReport(quote);
    return { teeType: SEV_SNP_TEE_TYPE, version: report.version, reportData: report.reportData, fields: snpReportFields(report) };
  }
  const { version, body } = parseDcapQuote(quote);
  return { teeType: body.kind, version, reportData: body.reportData, fields: dcapBodyFields(body) };
}

/**
 * Claims of evidence out of a file, for people who look at it. What it is bound to is not checked, as there is no exchange: whoever
 * relies on evidence uses a Verifier, which demands the binding.
 * Throws as verifyDcapQuote and verifySnpReport do, and COLLATERAL_MALFORMED for the wrong number of pieces.
 */
export function verifyStoredEvidence({ quote, collateral, at, requireRevocationList }: StoredEvidence): Claims {
  if (isSnp(quote)) {
    const [endorsementKey, signingKey, root, revocationList, ...more] = collateral;
    if (endorsementKey === undefined || signingKey === undefined || root === undefined || more.length > 0) {
      throw new SelvedgeError('COLLATERAL_MALFORMED', `${String(collateral.length)} pieces beside a SEV-SNP report; VCEK or VLEK, ASK or ASVK, ARK and its revocation list expected`);
    }
    return snpClaims(verifySnpReport(quote, { endorsementKey, signingKey, root, revocationList }, requireRevocationList === undefined ? {} : { requireRevocationList }, at));
  }
  const [json, ...more] = collateral;
  if (json === undefined || more.length > 0) throw new SelvedgeError('COLLATERAL_MALFORMED', `${String(collateral.length)} pieces beside a DCAP quote; one file of JSON expected`);
  return dcapClaims(verifyDcapQuote(quote, parseDcapCollateral(json), { rootSha256: [INTEL_SGX_ROOT_CA_SHA256] }, at));
}
