import { createHash } from 'node:crypto';
import { equalBytes, labelledHash, lengthPrefixed, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { computeReportData } from '../report-data.js';
import type { Claims, Verifier } from '../types.js';
import type { TrustedRoots } from './chain.js';
import { parseDcapCollateral } from './collateral.js';
import { isDebugEnclave } from './qe-identity.js';
import type { SgxReportBody, TdReportBody } from './report-body.js';
import { isDebugTd } from './td-attributes.js';
import { INTEL_SGX_ROOT_CA_SHA256 } from './trust.js';
import { verifyDcapQuote, type VerifiedQuote } from './verify-quote.js';

export const DCAP_TEE_TYPES = ['sgx', 'tdx'] as const;
export type DcapTeeType = (typeof DCAP_TEE_TYPES)[number];

/**
 * The verifier of DCAP evidence: a quote, and one piece of collateral (JSON).
 * @param trust other roots than Intel's are for tests
 */
export function createDcapVerifier(teeType: DcapTeeType, trust: TrustedRoots = { rootSha256: [INTEL_SGX_ROOT_CA_SHA256] }): Verifier {
  return {
    teeType,
    verifyEvidence(evidence, binding, { at }) {
      if (evidence.teeType !== teeType) throw new SelvedgeError('EVIDENCE_MALFORMED', `evidence of ${teeType} expected`);
      const [collateral, ...more] = evidence.collateral;
      if (collateral === undefined || more.length > 0) throw new SelvedgeError('COLLATERAL_MALFORMED', 'exactly one piece of DCAP collateral expected');
      const verified = verifyDcapQuote(evidence.quote, parseDcapCollateral(collateral), trust, at);
      if (verified.body.kind !== teeType) throw new SelvedgeError('EVIDENCE_MALFORMED', `a quote of ${verified.body.kind} in evidence of ${teeType}`);
      if (!equalBytes(verified.body.reportData, computeReportData(binding))) throw new SelvedgeError('EVIDENCE_UNBOUND', 'the report data is not bound to this exchange');
      return dcapClaims(verified);
    },
  };
}

/** Claims of a verified quote. */
export function dcapClaims({ body, pck, tcb }: VerifiedQuote): Claims {
  return {
    teeType: body.kind,
    measurement: dcapMeasurement(body),
    // The PPID itself would let everyone who sees a certificate follow a machine over networks.
    platformId: labelledHash('dcap platform', pck.ppid),
    reportData: body.reportData,
    debug: body.kind === 'sgx' ? isDebugEnclave(body.attributes) : isDebugTd(body),
    migratable: false,
    tcb: { status: tcb.status, advisoryIds: tcb.advisoryIds, date: tcb.date, evaluationDataNumber: tcb.evaluationDataNumber },
    fields: { fmspc: toHex(pck.fmspc), ...dcapBodyFields(body) },
  };
}

/** MRENCLAVE, or one measurement of a TD. */
export function dcapMeasurement(body: SgxReportBody | TdReportBody): Uint8Array {
  return body.kind === 'sgx' ? body.mrEnclave : tdMeasurement(body);
}

/** One measurement of all that a TD was built from and configured with: SHA-384 over its registers. 48 bytes. */
export function tdMeasurement(td: Pick<TdReportBody, 'mrTd' | 'mrConfigId' | 'mrOwner' | 'mrOwnerConfig' | 'rtMr'>): Uint8Array {
  return createHash('sha384').update(lengthPrefixed(['selvedge/v1/td measurement', td.mrTd, td.mrConfigId, td.mrOwner, td.mrOwnerConfig, ...td.rtMr])).digest();
}

/** What a quote's body says, by the names of Intel's structures. */
export function dcapBodyFields(body: SgxReportBody | TdReportBody): Record<string, string> {
  return body.kind === 'sgx' ? sgxFields(body) : tdFields(body);
}

function sgxFields(body: SgxReportBody): Record<string, string> {
  return { mrEnclave: toHex(body.mrEnclave), mrSigner: toHex(body.mrSigner), isvProdId: String(body.isvProdId), isvSvn: String(body.isvSvn), attributes: toHex(body.attributes), cpuSvn: toHex(body.cpuSvn) };
}

function tdFields(body: TdReportBody): Record<string, string> {
  const names = ['teeTcbSvn', 'mrSeam', 'tdAttributes', 'xfam', 'mrTd', 'mrConfigId', 'mrOwner', 'mrOwnerConfig'] as const;
  return { ...Object.fromEntries(names.map((name) => [name, toHex(body[name])])), ...Object.fromEntries(body.rtMr.map((value, i) => [`rtMr${String(i)}`, toHex(value)])) };
}
