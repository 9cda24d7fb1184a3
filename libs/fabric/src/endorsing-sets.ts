import { minimalSatisfyingSets, type EndorsementPolicy } from '@selvedge/policy';
import { compareText } from '@selvedge/protocol';

const MAX_SETS = 64;
/** What a peer can sign as. */
const PEER_PRINCIPAL = /^(?<mspId>.+)\.(?:peer|member)$/;

/**
 * Sets of organisations, one peer of each, that satisfy every one of the policies: none holds another, smallest first,
 * then by text; at most 64. Empty when there is none: where a policy needs an administrator, or two peers of one
 * organisation, which the gateway service does not ask for.
 */
export function endorsingSets(policies: readonly EndorsementPolicy[]): readonly (readonly string[])[] {
  let sets: readonly (readonly string[])[] = [[]];
  for (const policy of policies) {
    const own = minimalSatisfyingSets(policy).flatMap((principals) => organisationsOf(principals) ?? []);
    sets = minimal(sets.flatMap((set) => own.map((more) => [...new Set([...set, ...more])].sort(compareText))));
  }
  return sets.filter((set) => set.length > 0);
}

/** The organisations of principals, in a list of one; undefined when peers, one of each, are not those principals. */
function organisationsOf(principals: readonly string[]): [string[]] | undefined {
  const names = principals.map((principal) => PEER_PRINCIPAL.exec(principal)?.groups?.mspId);
  const known = names.filter((name) => name !== undefined);
  if (known.length < names.length || new Set(known).size < known.length) return undefined;
  return [known];
}

function minimal(sets: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const unique = [...new Map(sets.map((set) => [set.join(), set])).values()];
  const bySize = unique.sort((a, b) => a.length - b.length || compareText(a.join(), b.join()));
  const kept: (readonly string[])[] = [];
  for (const set of bySize) {
    if (kept.length < MAX_SETS && !kept.some((smaller) => smaller.every((name) => set.includes(name)))) kept.push(set);
  }
  return kept;
}
