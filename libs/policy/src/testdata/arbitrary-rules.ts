import fc from 'fast-check';
import type { EndorsementPolicy, EndorsementRule } from '../endorsement/ast.js';

const ROLES = ['member', 'peer', 'admin', 'client', 'orderer'] as const;

/** Random rules over these organisations, up to the given depth and width; the top one is a gate. */
export function arbitraryPolicy(mspIds: readonly string[], options: { readonly depth: number; readonly width: number }): fc.Arbitrary<EndorsementPolicy> {
  const principal = fc.record({ kind: fc.constant('principal' as const), mspId: fc.constantFrom(...mspIds), role: fc.constantFrom(...ROLES) });
  const gate = (inner: fc.Arbitrary<EndorsementRule>): fc.Arbitrary<EndorsementRule> =>
    fc.array(inner, { minLength: 1, maxLength: options.width }).chain((rules) => fc.integer({ min: 1, max: rules.length }).map((n) => ({ kind: 'out-of' as const, n, rules })));
  let rules: fc.Arbitrary<EndorsementRule> = principal;
  for (let i = 1; i < options.depth; i += 1) rules = fc.oneof(principal, gate(rules));
  return gate(rules).map((rule) => ({ rule, mspIds: [...new Set(mspIdsOf(rule))].sort() }));
}

function mspIdsOf(rule: EndorsementRule): string[] {
  return rule.kind === 'principal' ? [rule.mspId] : rule.rules.flatMap(mspIdsOf);
}
