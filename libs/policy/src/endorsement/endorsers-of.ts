import type { ContractPolicy } from '@selvedge/protocol';
import type { EndorsementPolicy } from './ast.js';
import { parseEndorsementPolicy } from './parse.js';

/** The policies that a contract's transactions may come under: its own and those of its owner sets. Throws POLICY_MALFORMED. */
export function endorsementPoliciesOf(policy: ContractPolicy): EndorsementPolicy[] {
  return [policy.endorsementPolicy, ...policy.ownerSets.map(({ endorsementPolicy }) => endorsementPolicy)].map(parseEndorsementPolicy);
}

/** Organisations whose peers endorse a contract's transactions, sorted. Throws POLICY_MALFORMED. */
export function endorsersOf(policy: ContractPolicy): string[] {
  return [...new Set(endorsementPoliciesOf(policy).flatMap(({ mspIds }) => mspIds))].sort();
}
