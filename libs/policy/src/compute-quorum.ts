import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { DistinctBy, type ContractPolicy, type NetworkProfile, type TeeBinding } from '@selvedge/protocol';

/** How many compute nodes must have signed a core, who asks for it, and what they are counted by. */
export interface QuorumRule {
  /** For messages. */
  readonly rule: string;
  readonly count: number;
  readonly distinctBy: DistinctBy;
}

/** What of a signer is counted. */
export type CountedNode = Pick<TeeBinding, 'teeType' | 'platformId' | 'operatorMspId'>;

type Profile = Pick<NetworkProfile, 'appraisalPolicies'>;

/** A way to count, as readable forms have it. */
export type DistinctByName = 'platform' | 'operator' | 'teeType';

/** Names of the ways to count, as readable forms have them. */
export const DISTINCT_BY_NAMES = new Map<DistinctBy, DistinctByName>([[DistinctBy.PLATFORM, 'platform'], [DistinctBy.OPERATOR, 'operator'], [DistinctBy.TEE_TYPE, 'teeType']]);

/** The way to count of this name. */
export function distinctByOf(name: DistinctByName): DistinctBy {
  return [...DISTINCT_BY_NAMES].find(([, known]) => known === name)?.[0] ?? DistinctBy.PLATFORM;
}

/** The quorums that a core of a contract needs: the contract's own, and the floor of each appraisal policy that a signer's type of TEE was admitted under. */
export function quorumRules(signers: readonly CountedNode[], { profile, policy }: { readonly profile: Profile; readonly policy: ContractPolicy }): QuorumRule[] {
  return [contractQuorum(policy), ...quorumFloors(profile, signers)];
}

/** A contract's own quorum. */
export function contractQuorum({ name, computeQuorum, distinctBy }: Pick<ContractPolicy, 'name' | 'computeQuorum' | 'distinctBy'>): QuorumRule {
  return { rule: `compute quorum of contract ${name}`, count: Math.max(1, computeQuorum), distinctBy };
}

/** Floors of the profile that these signers call for. */
export function quorumFloors({ appraisalPolicies }: Profile, signers: readonly Pick<CountedNode, 'teeType'>[]): QuorumRule[] {
  return appraisalPolicies.flatMap(({ role, teeType, quorum }) =>
    role === 'compute' && quorum !== undefined && signers.some((signer) => signer.teeType === teeType)
      ? [{ rule: `quorum of the network profile’s appraisal policy of compute on ${teeType}`, count: quorum.count, distinctBy: quorum.distinctBy }]
      : [],
  );
}

/**
 * Whether a core of this contract is to be shown with the raw evidence of who signed it: some rule counts types of TEE, and what type
 * a node is, is not left to the key broker's word then.
 */
export function asksForEvidence({ profile, policy }: { readonly profile: Profile; readonly policy: Pick<ContractPolicy, 'distinctBy'> }): boolean {
  return policy.distinctBy === DistinctBy.TEE_TYPE || profile.appraisalPolicies.some(({ role, quorum }) => role === 'compute' && quorum?.distinctBy === DistinctBy.TEE_TYPE);
}

/** The least number of nodes that the profile's floors ask for, whatever their type. */
export function leastFloor({ appraisalPolicies }: Profile): number {
  const counts = appraisalPolicies.filter(({ role }) => role === 'compute').map(({ quorum }) => quorum?.count ?? 1);
  return counts.length === 0 ? 1 : Math.min(...counts);
}

/** Whether a profile has floors, which verdicts then rest on. */
export function hasQuorumFloors({ appraisalPolicies }: Profile): boolean {
  return appraisalPolicies.some(({ quorum }) => quorum !== undefined);
}

/** How many of these count as different. */
export function distinctCount(signers: readonly CountedNode[], distinctBy: DistinctBy): number {
  return new Set(signers.map((signer) => distinguishingMark(signer, distinctBy))).size;
}

/** Throws COMPUTE_QUORUM_NOT_MET, with rule, what was seen and what was expected in text and details, unless the signers are enough for every rule. */
export function verifyQuorums(signers: readonly CountedNode[], rules: readonly QuorumRule[]): void {
  for (const { rule, count, distinctBy } of rules) {
    const distinct = distinctCount(signers, distinctBy);
    if (distinct >= count) continue;
    const [seen, expected] = [`${String(distinct)} that signed, distinct by ${DISTINCT_BY_NAMES.get(distinctBy) ?? ''}`, String(count)];
    throw new SelvedgeError('COMPUTE_QUORUM_NOT_MET', `rule ${rule}: saw ${seen}, expected ${expected}`, { details: { rule, seen, expected } });
  }
}

function distinguishingMark({ platformId, operatorMspId, teeType }: CountedNode, distinctBy: DistinctBy): string {
  switch (distinctBy) {
    case DistinctBy.PLATFORM:
      return toHex(platformId);
    case DistinctBy.OPERATOR:
      return operatorMspId;
    case DistinctBy.TEE_TYPE:
      return teeType;
  }
}
