import type { X509Certificate } from 'node:crypto';
import { equalBytes, isP256SignatureValid, labelledHash } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, type Evidence } from '@selvedge/protocol';
import { isIssuedBy, isWithinValidity, parseCertificate } from '../certificate/x509.js';
import { computeReportData } from '../report-data.js';
import type { Verifier } from '../types.js';
import { parseSimulatedQuote, quoteSigningInput } from './quote.js';
import { SIMULATED_TEE_TYPE } from './tee-type.js';

const invalid = (what: string): SelvedgeError => new SelvedgeError('EVIDENCE_INVALID', `simulated evidence: ${what}`);
const malformed = (what: string): SelvedgeError => new SelvedgeError('EVIDENCE_MALFORMED', `simulated evidence: ${what}`);

/** Platform id of a simulated platform: a hash of its key, so that no two platforms share one. 32 bytes. */
export function simulatedPlatformId(publicKeyDer: Uint8Array): Uint8Array {
  return labelledHash('simulated platform', publicKeyDer);
}

/**
 * The verifier of simulated evidence.
 * @param trust roots: DER certificates of development roots
 */
export function createSimulatedVerifier(trust: { readonly roots: readonly Uint8Array[] }): Verifier {
  const roots = trust.roots.map((der) => parseCertificate(der)).filter((root) => root !== undefined);
  return {
    teeType: SIMULATED_TEE_TYPE,
    verifyEvidence(evidence, binding, { at }) {
      if (evidence.teeType !== SIMULATED_TEE_TYPE) throw malformed('another TEE type');
      const quote = parseSimulatedQuote(evidence.quote);
      const platform = parsePlatformCertificate(evidence);
      if (!roots.some((root) => isIssuedBy(platform, root))) throw invalid('the platform certificate is not issued by a development root of the profile');
      if (!isWithinValidity(platform, at)) throw invalid('the platform certificate is outside its validity period');
      if (!isP256SignatureValid(platform.publicKey, quoteSigningInput(quote.body), quote.signature)) throw invalid('the quote’s signature does not verify');
      if (!equalBytes(quote.reportData, computeReportData(binding))) throw new SelvedgeError('EVIDENCE_UNBOUND', 'the report data is not bound to this exchange');
      const platformId = simulatedPlatformId(platform.publicKey.export({ format: 'der', type: 'spki' }));
      return { teeType: SIMULATED_TEE_TYPE, measurement: quote.measurement, platformId, reportData: quote.reportData, debug: quote.debug, migratable: false, tcb: undefined, fields: {} };
    },
  };
}

function parsePlatformCertificate(evidence: Evidence): X509Certificate {
  const [der, ...more] = evidence.collateral;
  if (der === undefined || more.length > 0) throw malformed('exactly one platform certificate expected');
  if (der.length > LIMITS.maxCertificateBytes) throw malformed('platform certificate too large');
  const platform = parseCertificate(der);
  if (platform === undefined) throw malformed('the platform certificate does not parse');
  return platform;
}
