import fc from 'fast-check';
import { isEndorsementPolicySatisfied, parseEndorsementPolicy } from '@selvedge/policy';
import { describe, expect, it } from 'vitest';
import { endorsingSets } from './endorsing-sets.js';

const sets = (...policies: string[]): string[] => endorsingSets(policies.map(parseEndorsementPolicy)).map((set) => set.join('+'));

describe('endorsingSets', () => {
  it('lists the fewest organisations that satisfy a policy', () => {
    expect(sets("OutOf(2,'A.peer','B.peer','C.peer')")).toEqual(['A+B', 'A+C', 'B+C']);
    expect(sets("OR('C.peer',AND('A.member','B.peer'))")).toEqual(['C', 'A+B']);
  });

  it('satisfies all policies at once: an organisation’s one peer counts in each', () => {
    expect(sets("OR('A.peer','B.peer')", "AND('B.peer','C.peer')")).toEqual(['B+C']);
    expect(sets("OutOf(2,'A.peer','B.peer','C.peer')", "OR('C.peer','D.peer')")).toEqual(['A+C', 'B+C', 'A+B+D']);
    expect(sets("AND('A.peer')", "AND('B.peer')", "AND('A.peer')")).toEqual(['A+B']);
  });

  it('leaves out what one peer of each organisation cannot sign', () => {
    expect(sets("OR('A.admin','B.peer')")).toEqual(['B']);
    expect(sets("AND('A.peer','A.peer')")).toEqual([]);
    expect(sets("OR('A.peer')", "OR('B.client')")).toEqual([]);
    expect(sets()).toEqual([]);
  });

  it('lists only sets whose peers satisfy every policy', () => {
    const policy = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.uniqueArray(fc.constantFrom('A', 'B', 'C', 'D', 'E'), { minLength: 4 }));
    fc.assert(
      fc.property(fc.array(policy, { minLength: 1, maxLength: 3 }), (drawn) => {
        const policies = drawn.map(([n, names]) => parseEndorsementPolicy(`OutOf(${String(n)},${names.map((name) => `'${name}.peer'`).join()})`));
        const found = endorsingSets(policies);
        expect(found.length).toBeGreaterThan(0);
        for (const set of found) {
          const peers = set.map((mspId) => ({ mspId, role: 'peer' as const }));
          expect(policies.every((each) => isEndorsementPolicySatisfied(each, peers))).toBe(true);
          for (const peer of peers) expect(policies.every((each) => isEndorsementPolicySatisfied(each, peers.filter((other) => other !== peer)))).toBe(false);
        }
      }),
    );
  });
});
