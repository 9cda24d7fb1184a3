import type { NodeRole } from '@selvedge/identity';
import type { EndorsementPolicy, EndorsementRule, PrincipalRule } from './ast.js';

/** One who signed; an Identity of libs/identity fits. */
export interface EndorsementSigner {
  readonly mspId: string;
  readonly role: NodeRole;
  /** When given, signers with the same id count once, as Fabric removes duplicate identities. */
  readonly signerId?: string;
}

/**
 * Whether these signers satisfy the policy, as Fabric's cauthdsl decides it: rules are tried in order, each principal
 * takes the first unused signer that fits, a rule that fails gives its signers back. This is greedy, so the order of
 * rules and signers can matter where principals overlap ('Org.member' before 'Org.admin'), exactly as on Fabric.
 */
export function isEndorsementPolicySatisfied(policy: EndorsementPolicy, signers: readonly EndorsementSigner[]): boolean {
  const distinct = withoutDuplicates(signers);
  return isSatisfied(policy.rule, distinct, new Set());
}

/** Adds the signers that it takes to `used`; when it fails, what is in `used` no longer counts. */
function isSatisfied(rule: EndorsementRule, signers: readonly EndorsementSigner[], used: Set<number>): boolean {
  if (rule.kind === 'principal') {
    const index = signers.findIndex((signer, i) => !used.has(i) && isPrincipal(rule, signer));
    if (index < 0) return false;
    used.add(index);
    return true;
  }
  let satisfied = 0;
  for (const inner of rule.rules) {
    const attempt = new Set(used);
    if (!isSatisfied(inner, signers, attempt)) continue;
    satisfied += 1;
    for (const index of attempt) used.add(index);
  }
  return satisfied >= rule.n;
}

function isPrincipal(principal: PrincipalRule, signer: EndorsementSigner): boolean {
  if (principal.mspId !== signer.mspId) return false;
  return principal.role === 'member' || principal.role === signer.role;
}

function withoutDuplicates(signers: readonly EndorsementSigner[]): EndorsementSigner[] {
  const seen = new Set<string>();
  return signers.filter(({ signerId }) => {
    if (signerId === undefined) return true;
    if (seen.has(signerId)) return false;
    seen.add(signerId);
    return true;
  });
}
