import { isEndorsementPolicySatisfied, type EndorsementPolicy } from '@selvedge/policy';

/**
 * The first endorsers in the given order that together satisfy every policy, none of them needless.
 * All of them when they cannot satisfy the policies.
 */
export function chooseEndorsers<T extends { readonly mspId: string }>(policies: readonly EndorsementPolicy[], inOrder: readonly T[]): T[] {
  const isEnough = (chosen: readonly T[]): boolean => canSatisfy(policies, chosen);
  const taken: T[] = [];
  for (const endorser of inOrder) {
    if (isEnough(taken)) break;
    taken.push(endorser);
  }
  if (!isEnough(taken)) return [...inOrder];
  let chosen = taken;
  for (const endorser of taken) {
    const without = chosen.filter((other) => other !== endorser);
    if (isEnough(without)) chosen = without;
  }
  return chosen;
}

/** Whether peers of these organisations together satisfy every policy. */
export function canSatisfy(policies: readonly EndorsementPolicy[], endorsers: readonly { readonly mspId: string }[]): boolean {
  const signers = endorsers.map(({ mspId }) => ({ mspId, role: 'peer' as const }));
  return policies.every((policy) => isEndorsementPolicySatisfied(policy, signers));
}
