import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { AppraisalPolicy, NetworkProfile } from '@selvedge/protocol';
import { SIMULATED_TEE_TYPE } from '../simulated/tee-type.js';
import type { AttestationResult, Claims, TeeRole } from '../types.js';
import { dcapFindings } from './dcap-rules.js';
import { oneOf, type AppraisalFinding } from './finding.js';
import { measurementFinding } from './measurement-rules.js';
import { snpFindings } from './snp-rules.js';

/** By what claims are judged. */
export interface AppraisalContext {
  readonly policies: readonly AppraisalPolicy[];
  readonly allowSimulated: boolean;
  readonly role: TeeRole;
  /** Policies end. */
  readonly at: Date;
}

/** What appraisal needs of a profile, for a role and a time. */
export function appraisalContext(profile: NetworkProfile, role: TeeRole, at: Date): AppraisalContext {
  return { policies: profile.appraisalPolicies, allowSimulated: profile.allowSimulated, role, at };
}

/** Every rule that applies to these claims, in the order in which they are judged, met or not. */
export function appraisalFindings(claims: Claims, context: AppraisalContext): readonly AppraisalFinding[] {
  const { policies, role, at } = context;
  const policy = policies.find((candidate) => candidate.role === role && candidate.teeType === claims.teeType);
  const always = [simulatedFinding(claims, context), debugFinding(claims), migrationFinding(claims, policy)];
  if (policy === undefined) return [...always, noPolicyFinding(claims, context)];
  return [...always, expiryFinding(policy, at), measurementFinding(claims, policy), platformFinding(claims, policy), ...dcapFindings(claims, policy), ...snpFindings(claims, policy)];
}

/**
 * Claims to Attestation Result (RFC 9334, section 8.5) by the policy for a role and a type of TEE. Pure.
 * Throws the code of the first rule that is not met, which the text names with what was seen and what was expected:
 * SIMULATED_TEE_REFUSED, TEE_DEBUGGABLE, TEE_MIGRATABLE, APPRAISAL_REFUSED (no policy, or the measurement),
 * APPRAISAL_POLICY_EXPIRED, TEE_PLATFORM_REFUSED, TCB_STATUS_REFUSED, TCB_ADVISORY_REFUSED, TCB_BELOW_MINIMUM, TEE_VMPL_REFUSED.
 */
export function appraise(claims: Claims, context: AppraisalContext): AttestationResult {
  const unmet = appraisalFindings(claims, context).find(({ isMet }) => !isMet);
  if (unmet !== undefined) throw refusalOf(unmet);
  return { role: context.role, teeType: claims.teeType, measurement: claims.measurement, platformId: claims.platformId };
}

function refusalOf({ code, rule, seen, expected }: AppraisalFinding): SelvedgeError {
  return new SelvedgeError(code, `rule ${rule}: saw ${seen}, expected ${expected}`, { details: { rule, seen, expected } });
}

function simulatedFinding({ teeType }: Claims, { allowSimulated }: AppraisalContext): AppraisalFinding {
  return { rule: 'simulated TEE', isMet: allowSimulated || teeType !== SIMULATED_TEE_TYPE, seen: teeType, expected: allowSimulated ? 'any TEE' : 'a TEE of hardware', code: 'SIMULATED_TEE_REFUSED' };
}

/** No policy can admit debugging. */
function debugFinding({ debug }: Claims): AppraisalFinding {
  return { rule: 'debug', isMet: !debug, seen: debug ? 'a debuggable TEE' : 'debugging off', expected: 'debugging off', code: 'TEE_DEBUGGABLE' };
}

function migrationFinding({ migratable }: Claims, policy: AppraisalPolicy | undefined): AppraisalFinding {
  const allowed = policy?.snp?.allowMigration === true;
  return {
    rule: 'migration',
    isMet: allowed || !migratable,
    seen: migratable ? 'a TEE that may be moved to another platform' : 'a TEE that stays where it is',
    expected: allowed ? 'either' : 'one that stays where it is',
    code: 'TEE_MIGRATABLE',
  };
}

function noPolicyFinding({ teeType }: Claims, { policies, role }: AppraisalContext): AppraisalFinding {
  const types = policies.filter((policy) => policy.role === role).map((policy) => policy.teeType);
  return { rule: `policy of role ${role}`, isMet: false, seen: teeType, expected: oneOf(types), code: 'APPRAISAL_REFUSED' };
}

function expiryFinding({ expiresAt }: AppraisalPolicy, at: Date): AppraisalFinding {
  const endMs = Number(expiresAt) * 1000;
  return { rule: 'end of the policy', isMet: expiresAt === 0n || at.getTime() < endMs, seen: at.toISOString(), expected: expiresAt === 0n ? 'any time' : `before ${new Date(endMs).toISOString()}`, code: 'APPRAISAL_POLICY_EXPIRED' };
}

function platformFinding({ platformId }: Claims, { platforms }: AppraisalPolicy): AppraisalFinding {
  const isMet = platforms.length === 0 || platforms.some((platform) => equalBytes(platform, platformId));
  return { rule: 'platform', isMet, seen: toHex(platformId), expected: oneOf(platforms.map(toHex), 'any'), code: 'TEE_PLATFORM_REFUSED' };
}
