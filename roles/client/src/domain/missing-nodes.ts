import { claimedTeeBinding } from '@selvedge/attestation';
import { contractQuorum, distinctCount, hasQuorumFloors, leastFloor, quorumFloors, type CountedNode } from '@selvedge/policy';
import type { ContractPolicy, NetworkProfile, TargetData } from '@selvedge/protocol';

/** An answer by what is counted of it. */
export interface CountedAnswer {
  /** undefined: nothing of it is signed. */
  readonly targetData: TargetData | undefined;
}

/**
 * How many more compute nodes must run a request, as endorsers will count: by each contract's quorum, and by the floors of the
 * profile for the types of TEE that answered. Before any answer, what every type needs at least.
 * @param policies of the contracts that it touches
 */
export function missingNodes(answers: readonly CountedAnswer[], { profile, policies }: { readonly profile: Pick<NetworkProfile, 'appraisalPolicies'>; readonly policies: readonly ContractPolicy[] }): number {
  const quorums = policies.map(contractQuorum);
  if (answers.length === 0) return Math.max(leastFloor(profile), ...quorums.map(({ count }) => count));
  // One answer is enough: no certificate needs to be read.
  if (!hasQuorumFloors(profile) && quorums.every(({ count }) => count === 1)) return 0;
  const signers = answers.flatMap(signersOf);
  return Math.max(0, ...[...quorums, ...quorumFloors(profile, signers)].map(({ count, distinctBy }) => count - distinctCount(signers, distinctBy)));
}

function signersOf({ targetData }: CountedAnswer): CountedNode[] {
  return (targetData?.attachments?.teeSignatures ?? []).flatMap(({ certificate }) => claimedTeeBinding(certificate) ?? []);
}
