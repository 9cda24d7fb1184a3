import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Evidence, MeasurementPolicy, NetworkProfile } from '@selvedge/protocol';
import { createDcapVerifier, DCAP_TEE_TYPES } from './dcap/verifier.js';
import { createSevSnpVerifier, SEV_SNP_TEE_TYPE } from './sev-snp/verifier.js';
import { SIMULATED_TEE_TYPE } from './simulated/quote.js';
import { createSimulatedVerifier } from './simulated/verifier.js';
import type { AppraisalProfile, AttestationResult, Claims, ReportDataInput, TeeRole, Verifier } from './types.js';

/** An appraisal rule that was not met: what was seen and what would have been accepted. */
function refuse(rule: string, seen: string, expected: string): SelvedgeError {
  return new SelvedgeError('APPRAISAL_REFUSED', `rule ${rule}: saw ${seen}, expected ${expected}`, { details: { rule, seen, expected } });
}

function isMeasurementListed(policies: readonly MeasurementPolicy[], measurement: Uint8Array): boolean {
  return policies.some((policy) => policy.measurements.some((reference) => equalBytes(reference, measurement)));
}

/**
 * Claims to Attestation Result by the profile's reference values for a role.
 * Throws SIMULATED_TEE_REFUSED, TEE_DEBUGGABLE, TEE_MIGRATABLE, or APPRAISAL_REFUSED with the rule, what was seen and what was expected.
 */
export function appraise(claims: Claims, profile: NetworkProfile, role: TeeRole): AttestationResult {
  verifySimulatedAllowed(claims.teeType, profile);
  if (claims.debug) throw new SelvedgeError('TEE_DEBUGGABLE', 'rule debug: saw a debuggable TEE, expected debugging off', { details: { rule: 'debug' } });
  if (claims.migratable) throw new SelvedgeError('TEE_MIGRATABLE', 'rule migration: saw a TEE that may be moved to another platform, expected one that may not', { details: { rule: 'migration' } });
  const policies = profile.measurements.filter((policy) => policy.role === role && policy.teeType === claims.teeType);
  if (!isMeasurementListed(policies, claims.measurement)) {
    const expected = policies.flatMap((policy) => policy.measurements.map(toHex)).join(' or ');
    throw refuse(`measurement of role ${role} on ${claims.teeType}`, toHex(claims.measurement), expected === '' ? 'none is listed' : expected);
  }
  return { role, teeType: claims.teeType, measurement: claims.measurement, platformId: claims.platformId };
}

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
  throw refuse('TEE type', 'an unknown type', [...DCAP_TEE_TYPES, SEV_SNP_TEE_TYPE, SIMULATED_TEE_TYPE].join(' or '));
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
 * Throws EVIDENCE_*, APPRAISAL_REFUSED, SIMULATED_TEE_REFUSED.
 */
export function verifyAndAppraise(input: AppraisalInput): AttestationResult {
  const verifier = createVerifier(input.evidence.teeType, input.profile.message);
  if (!equalBytes(input.binding.profileDigest, input.profile.digest)) throw new SelvedgeError('PROFILE_MISMATCH', 'evidence is to be bound to another network profile');
  if (input.binding.role !== input.role) throw new SelvedgeError('EVIDENCE_UNBOUND', 'evidence is to be bound to another role');
  const claims = verifier.verifyEvidence(input.evidence, input.binding, { at: input.at });
  return appraise(claims, input.profile.message, input.role);
}
