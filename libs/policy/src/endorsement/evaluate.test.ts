import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NODE_ROLES, type NodeRole } from '@selvedge/identity';
import { arbitraryPolicy } from '../testdata/arbitrary-rules.js';
import type { EndorsementPolicy, EndorsementRule } from './ast.js';
import { isEndorsementPolicySatisfied, type EndorsementSigner } from './evaluate.js';
import { parseEndorsementPolicy } from './parse.js';
import { minimalSatisfyingSets } from './satisfying-sets.js';

const MSP_IDS = ['A', 'B', 'C'];
const signer = fc.record({ mspId: fc.constantFrom(...MSP_IDS), role: fc.constantFrom(...NODE_ROLES) });
const signers = (...names: string[]): EndorsementSigner[] => names.map((name) => ({ mspId: name.split('.')[0] as string, role: (name.split('.')[1] ?? 'peer') as NodeRole }));
const isSatisfied = (text: string, ...names: string[]): boolean => isEndorsementPolicySatisfied(parseEndorsementPolicy(text), signers(...names));

const fits = (rule: EndorsementRule, { mspId, role }: EndorsementSigner): boolean => rule.kind === 'principal' && rule.mspId === mspId && (rule.role === 'member' || rule.role === role);

/** Every set of signers (as bits) that some assignment of signers to principals uses up to satisfy the rule. */
function usedSets(rule: EndorsementRule, all: readonly EndorsementSigner[]): Set<number> {
  if (rule.kind === 'principal') return new Set(all.flatMap((each, i) => (fits(rule, each) ? [1 << i] : [])));
  // Pairs of how many parts are satisfied and which signers they use.
  let reached = new Set(['0:0']);
  for (const inner of rule.rules) {
    const next = new Set(reached);
    for (const state of reached) {
      const [count, used] = state.split(':').map(Number) as [number, number];
      for (const more of usedSets(inner, all)) if ((used & more) === 0) next.add(`${String(Math.min(count + 1, rule.n))}:${String(used | more)}`);
    }
    reached = next;
  }
  return new Set([...reached].filter((state) => Number(state.split(':')[0]) >= rule.n).map((state) => Number(state.split(':')[1])));
}

const isSatisfiable = (policy: EndorsementPolicy, all: readonly EndorsementSigner[]): boolean => usedSets(policy.rule, all).size > 0;

function principals(rule: EndorsementRule): string[] {
  return rule.kind === 'principal' ? [`${rule.mspId}.${rule.role}`] : rule.rules.flatMap(principals);
}

describe('isEndorsementPolicySatisfied', () => {
  it('counts to n', () => {
    const text = "OutOf(2,'A.peer','B.peer','C.peer')";
    expect(isSatisfied(text, 'A', 'C')).toBe(true);
    expect(isSatisfied(text, 'A')).toBe(false);
    expect(isSatisfied(text, 'A', 'A')).toBe(false);
    expect(isSatisfied(text)).toBe(false);
    expect(isSatisfied("AND('A.peer','B.peer')", 'B', 'A')).toBe(true);
    expect(isSatisfied("OR('A.peer','B.peer')", 'C')).toBe(false);
  });

  it('asks for the role, where the principal is not any member', () => {
    expect(isSatisfied("OR('A.admin')", 'A.peer')).toBe(false);
    expect(isSatisfied("OR('A.admin')", 'A.admin')).toBe(true);
    for (const role of NODE_ROLES) expect(isSatisfied("OR('A.member')", `A.${role}`)).toBe(true);
    expect(isSatisfied("OR('A.member')", 'B.peer')).toBe(false);
  });

  it('uses each signer once', () => {
    expect(isSatisfied("AND('A.peer','A.peer')", 'A')).toBe(false);
    expect(isSatisfied("AND('A.peer','A.peer')", 'A', 'A')).toBe(true);
    expect(isSatisfied("AND('A.member','A.peer')", 'A')).toBe(false);
  });

  it('counts signers of one id once', () => {
    const [a] = signers('A') as [EndorsementSigner];
    const policy = parseEndorsementPolicy("AND('A.peer','A.peer')");
    expect(isEndorsementPolicySatisfied(policy, [{ ...a, signerId: 'x' }, { ...a, signerId: 'x' }])).toBe(false);
    expect(isEndorsementPolicySatisfied(policy, [{ ...a, signerId: 'x' }, { ...a, signerId: 'y' }])).toBe(true);
  });

  it('gives the signers of a part that fails back', () => {
    expect(isSatisfied("OR(AND('A.peer','B.peer'),AND('A.peer','C.peer'))", 'A', 'C')).toBe(true);
  });

  it('is as greedy as Fabric', () => {
    // The first part takes both signers, though one would do.
    expect(isSatisfied("AND(OR('A.peer','B.peer'),'B.peer')", 'A', 'B')).toBe(false);
    expect(isSatisfied("AND('A.member','A.admin')", 'A.admin', 'A.peer')).toBe(false);
    expect(isSatisfied("AND('A.member','A.admin')", 'A.peer', 'A.admin')).toBe(true);
  });

  it('is satisfied only where an assignment of distinct signers exists', () => {
    fc.assert(
      fc.property(arbitraryPolicy(MSP_IDS, { depth: 3, width: 3 }), fc.array(signer, { maxLength: 6 }), (policy, all) => {
        if (isEndorsementPolicySatisfied(policy, all)) expect(isSatisfiable(policy, all)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('is satisfied wherever one exists, when no two principals compete', () => {
    const many = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'];
    const competes = (policy: EndorsementPolicy): boolean => new Set(principals(policy.rule).map((name) => name.split('.')[0])).size < principals(policy.rule).length;
    fc.assert(
      fc.property(arbitraryPolicy(many, { depth: 3, width: 2 }), fc.array(fc.record({ mspId: fc.constantFrom(...many), role: fc.constantFrom(...NODE_ROLES) }), { maxLength: 9 }), (policy, all) => {
        fc.pre(!competes(policy));
        expect(isEndorsementPolicySatisfied(policy, all)).toBe(isSatisfiable(policy, all));
      }),
      { numRuns: 500 },
    );
  });
});

describe('minimalSatisfyingSets', () => {
  it('lists whom to ask, fewest first', () => {
    expect(minimalSatisfyingSets(parseEndorsementPolicy("OutOf(2,'A.peer','B.peer','C.peer')"))).toEqual([['A.peer', 'B.peer'], ['A.peer', 'C.peer'], ['B.peer', 'C.peer']]);
    expect(minimalSatisfyingSets(parseEndorsementPolicy("OR('C.admin',AND('A.peer','B.member'))"))).toEqual([['C.admin'], ['A.peer', 'B.member']]);
    expect(minimalSatisfyingSets(parseEndorsementPolicy("OR('A.peer',AND('A.peer','B.peer'))"))).toEqual([['A.peer']]);
  });

  it('lists only sets that satisfy the policy, none within another', () => {
    fc.assert(
      fc.property(arbitraryPolicy(MSP_IDS, { depth: 3, width: 3 }), (policy) => {
        const sets = minimalSatisfyingSets(policy);
        for (const set of sets) expect(isEndorsementPolicySatisfied(policy, signers(...set.map((name) => name.replace('.member', '.peer'))))).toBe(true);
        expect(new Set(sets.map((set) => set.join())).size).toBe(sets.length);
      }),
    );
  });

  it('stays bounded', () => {
    const twenty = Array.from({ length: 20 }, (_, i) => `'Org${String(i)}.peer'`).join();
    expect(minimalSatisfyingSets(parseEndorsementPolicy(`OutOf(10,${twenty})`)).length).toBe(256);
  });
});
