import type { NodeRole } from '@selvedge/identity';
import { compareText } from '@selvedge/protocol';
import type { EndorsementPolicy, EndorsementRule, PrincipalRule } from './ast.js';
import { isEndorsementPolicySatisfied, type EndorsementSigner } from './evaluate.js';

const MAX_SETS = 256;
/** Combinations that are looked at; a policy with more of them gives the sets found among the first. */
const MAX_COMBINATIONS = 1024;

/**
 * Smallest multisets of 'Org.role' principals whose signatures, a 'member' signing as peer, satisfy the policy: none
 * holds another, smallest first, then by text. For choosing whom to ask; at most 256 sets, out of the first 1024 combinations.
 */
export function minimalSatisfyingSets(policy: EndorsementPolicy): readonly (readonly string[])[] {
  const found = new Map<string, readonly string[]>();
  let looked = 0;
  for (const principals of combinations(policy.rule)) {
    looked += 1;
    if (looked > MAX_COMBINATIONS) break;
    const ordered = [...principals].sort((a, b) => compareText(nameOf(a), nameOf(b)));
    const set = ordered.map(nameOf);
    // Fabric's greedy evaluation refuses some sets that a better assignment would satisfy: those do not help anyone.
    if (isEndorsementPolicySatisfied(policy, ordered.map(asSigner))) found.set(set.join(), set);
  }
  const bySize = [...found.values()].sort((a, b) => a.length - b.length || compareText(a.join(), b.join()));
  const minimal: (readonly string[])[] = [];
  for (const set of bySize) {
    if (!minimal.some((smaller) => isContained(smaller, set))) minimal.push(set);
    if (minimal.length >= MAX_SETS) break;
  }
  return minimal;
}

/** Every way to satisfy a rule with exactly as many parts as it needs. */
function* combinations(rule: EndorsementRule): Generator<readonly PrincipalRule[]> {
  if (rule.kind === 'principal') yield [rule];
  else yield* choose(rule.rules, rule.n);
}

function* choose(rules: readonly EndorsementRule[], n: number): Generator<readonly PrincipalRule[]> {
  const [first, ...rest] = rules;
  if (n === 0) yield [];
  if (n === 0 || first === undefined || rules.length < n) return;
  for (const head of combinations(first)) {
    for (const tail of choose(rest, n - 1)) yield [...head, ...tail];
  }
  yield* choose(rest, n);
}

function nameOf(principal: PrincipalRule): string {
  return `${principal.mspId}.${principal.role}`;
}

function asSigner(principal: PrincipalRule): EndorsementSigner {
  const role: NodeRole = principal.role === 'member' ? 'peer' : principal.role;
  return { mspId: principal.mspId, role };
}

/** Multiset inclusion. */
function isContained(smaller: readonly string[], larger: readonly string[]): boolean {
  const rest = [...larger];
  return smaller.every((item) => {
    const index = rest.indexOf(item);
    if (index >= 0) rest.splice(index, 1);
    return index >= 0;
  });
}
