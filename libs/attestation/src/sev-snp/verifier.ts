import { equalBytes, labelledHash, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { computeReportData } from '../report-data.js';
import type { Claims, Verifier } from '../types.js';
import { isDebugGuest, isMigratableGuest, type SnpReport } from './report.js';
import { verifySnpReport, type SnpTrust, type VerifiedSnpReport } from './verify-report.js';

export const SEV_SNP_TEE_TYPE = 'sev-snp';

/**
 * The verifier of SEV-SNP evidence: a report; collateral: VCEK or VLEK, ASK or ASVK, ARK, and the ARK's revocation list, all DER.
 * @param trust other roots than AMD's are for tests
 */
export function createSevSnpVerifier(trust: SnpTrust = {}): Verifier {
  return {
    teeType: SEV_SNP_TEE_TYPE,
    verifyEvidence(evidence, binding, { at }) {
      if (evidence.teeType !== SEV_SNP_TEE_TYPE) throw new SelvedgeError('EVIDENCE_MALFORMED', `evidence of ${SEV_SNP_TEE_TYPE} expected`);
      const [endorsementKey, signingKey, root, revocationList, ...more] = evidence.collateral;
      if (endorsementKey === undefined || signingKey === undefined || root === undefined || more.length > 0) {
        throw new SelvedgeError('COLLATERAL_MALFORMED', 'three certificates, and a revocation list, expected beside a SEV-SNP report');
      }
      const verified = verifySnpReport(evidence.quote, { endorsementKey, signingKey, root, revocationList }, trust, at);
      if (!equalBytes(verified.report.reportData, computeReportData(binding))) throw new SelvedgeError('EVIDENCE_UNBOUND', 'the report data is not bound to this exchange');
      return snpClaims(verified);
    },
  };
}

/** Claims of a verified report. */
export function snpClaims({ report, product, tcb }: VerifiedSnpReport): Claims {
  return {
    teeType: SEV_SNP_TEE_TYPE,
    measurement: report.measurement,
    platformId: labelledHash('sev-snp platform', report.chipId),
    reportData: report.reportData,
    debug: isDebugGuest(report),
    migratable: isMigratableGuest(report),
    // AMD publishes no status of its TCBs: policies set a floor for each level.
    tcb: undefined,
    fields: { product, ...snpReportFields(report), ...Object.fromEntries(Object.entries(tcb).map(([name, level]) => [`tcb.${name}`, String(level)])) },
  };
}

/** What a report says, by the names of AMD's structure. */
export function snpReportFields(report: SnpReport): Record<string, string> {
  return {
    version: String(report.version),
    policy: `0x${report.policy.toString(16)}`,
    platformInfo: `0x${report.platformInfo.toString(16)}`,
    vmpl: String(report.vmpl),
    guestSvn: String(report.guestSvn),
    signingKey: report.signingKey,
    measurement: toHex(report.measurement),
    hostData: toHex(report.hostData),
    idKeyDigest: toHex(report.idKeyDigest),
    authorKeyDigest: toHex(report.authorKeyDigest),
  };
}
