import { createSimulatedVerifier } from '#simulated';
import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, requireAtMost, type Evidence, type NetworkProfile } from '@selvedge/protocol';
import { createDcapVerifier, DCAP_TEE_TYPES } from '../dcap/verifier.js';
import { createSevSnpVerifier, SEV_SNP_TEE_TYPE } from '../sev-snp/verifier.js';
import { SIMULATED_TEE_TYPE } from '../simulated/tee-type.js';
import type { AppraisalProfile, AttestationResult, ReportDataInput, TeeRole, Verifier } from '../types.js';
import { appraisalContext, appraise } from './appraise.js';

function verifySimulatedAllowed(teeType: string, profile: NetworkProfile): void {
  if (teeType === SIMULATED_TEE_TYPE && !profile.allowSimulated) {
    throw new SelvedgeError('SIMULATED_TEE_REFUSED', 'the network profile does not allow simulated TEEs');
  }
}

/** The verifier for a type of TEE, with the profile's trust material. Throws APPRAISAL_REFUSED for an unknown type. */
export function createVerifier(teeType: string, profile: NetworkProfile): Verifier {
  if (teeType === SIMULATED_TEE_TYPE) {
    // Before anything of it is parsed: a network without simulated TEEs never runs their verifier.
    verifySimulatedAllowed(teeType, profile);
    return createSimulatedVerifier({ roots: profile.simulatedRoots });
  }
  const dcap = DCAP_TEE_TYPES.find((known) => known === teeType);
  if (dcap !== undefined) return createDcapVerifier(dcap);
  if (teeType === SEV_SNP_TEE_TYPE) return createSevSnpVerifier();
  // The type itself is the peer's text, of any length.
  throw new SelvedgeError('APPRAISAL_REFUSED', `rule TEE type: saw an unknown type, expected ${[...DCAP_TEE_TYPES, SEV_SNP_TEE_TYPE, SIMULATED_TEE_TYPE].join(' or ')}`);
}

/** What is verified and appraised in one step. */
export interface AppraisalInput {
  readonly evidence: Evidence;
  /** Its profile digest must be the profile's own, which the caller takes from the profile and not from the peer. */
  readonly binding: ReportDataInput;
  readonly profile: AppraisalProfile;
  readonly role: TeeRole;
  readonly at: Date;
}

/**
 * Evidence to Attestation Result: chooses the verifier by TEE type, verifies, appraises.
 * Throws LIMIT_EXCEEDED, PROFILE_MISMATCH, EVIDENCE_*, COLLATERAL_* and what appraise throws.
 */
export function verifyAndAppraise(input: AppraisalInput): AttestationResult {
  const { quote, collateral } = input.evidence;
  requireAtMost('evidence', quote.length + collateral.reduce((sum, item) => sum + item.length, 0), LIMITS.maxEvidenceBytes);
  const verifier = createVerifier(input.evidence.teeType, input.profile.message);
  if (!equalBytes(input.binding.profileDigest, input.profile.digest)) throw new SelvedgeError('PROFILE_MISMATCH', 'evidence is to be bound to another network profile');
  if (input.binding.role !== input.role) throw new SelvedgeError('EVIDENCE_UNBOUND', 'evidence is to be bound to another role');
  const claims = verifier.verifyEvidence(input.evidence, input.binding, { at: input.at });
  return appraise(claims, appraisalContext(input.profile.message, input.role, input.at));
}
