import type { ContractSection, SetDigestStatement, UnguardedSet } from '@selvedge/protocol';
import type { ContractTerms } from './contract-terms.js';
import { createRecordedSets, type Recorded } from './recorded-sets.js';

/** What others have read for a transaction of one contract: its own read set has it too. */
export type InheritedReads = Omit<Recorded, 'writes'>;

/** The same with the terms that it was read under. */
export interface InheritedContract {
  readonly terms: ContractTerms;
  readonly reads: InheritedReads;
}

/** What one part read in one contract. */
export interface PartSection {
  readonly terms: ContractTerms;
  readonly section: ContractSection;
}

/**
 * Puts together what all parts read, the invoked contract first. Throws STALE_READ or STALE_GUARD where parts saw different versions
 * of one thing, CHAINCODE_LIMIT.
 */
export function inheritReads(sections: readonly PartSection[], statements: readonly SetDigestStatement[], unguarded: readonly UnguardedSet[]): InheritedContract[] {
  const contracts = new Map(sections.map(({ terms }) => [terms.policy.name, terms]));
  return [...contracts].map(([contract, terms], i) => {
    const sets = createRecordedSets(0);
    for (const { section } of sections.filter((each) => each.section.contract === contract)) {
      for (const read of section.reads) sets.addRead(read);
      for (const guard of section.guardsRead) sets.addGuard(guard, []);
      for (const read of section.keyPolicyReads) sets.addKeyPolicyRead(read);
    }
    return {
      terms,
      reads: {
        reads: sets.reads(),
        guards: sets.guards(),
        keyPolicyReads: sets.keyPolicyReads(),
        // Of a transaction they are all in one place.
        statements: i === 0 ? statements : [],
        unguarded: unguarded.find((set) => set.contract === contract)?.dataset,
      },
    };
  });
}
