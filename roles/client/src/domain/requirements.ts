import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { endorsersOf, mapKeyPolicy, type EndorsementPolicy } from '@selvedge/policy';
import { compareText, type Core, type KeyPolicyInForce } from '@selvedge/protocol';
import type { ContractTerms } from './contract-terms.js';

/** An owner set that a transaction writes, and who must store it. */
export interface WrittenTarget {
  readonly contract: string;
  readonly ownerSet: string;
  /** MSP ids, sorted. */
  readonly owners: readonly string[];
}

/** What a transaction needs to become valid. */
export interface Requirements {
  /** Every one must be satisfied: of each contract touched, of each owner set written and of each key written that has one. */
  readonly policies: readonly EndorsementPolicy[];
  /** Every contract touched, with the organisations that endorse its transactions. */
  readonly contracts: readonly { readonly name: string; readonly endorsers: readonly string[] }[];
  /** Sorted by contract and owner set. */
  readonly targets: readonly WrittenTarget[];
}

/** Contracts that cores touch, the invoked one first. */
export function contractsOf(cores: readonly Core[]): string[] {
  return [...new Set(cores.flatMap((core) => core.sections.map((section) => section.contract)))];
}

/** Contracts whose quorums answers must meet: the one asked, until they show what it called. */
export function contractsAsked(contract: string, [first]: readonly { readonly cores: readonly Core[] }[]): string[] {
  return first === undefined || first.cores.length === 0 ? [contract] : contractsOf(first.cores);
}

/**
 * Reads what the cores need out of the contracts' terms. inForce: the policies of written keys, as compute nodes were told;
 * a wrong one only costs a try, since followers know them. Throws OWNER_SET_MISMATCH for an owner set that the terms lack,
 * KEY_POLICY_UNMAPPED or KEY_POLICY_MALFORMED.
 */
export function readRequirements(cores: readonly Core[], termsOf: (contract: string) => ContractTerms, inForce: readonly KeyPolicyInForce[] = []): Requirements {
  const policies = new Set<EndorsementPolicy>();
  const targets = new Map<string, WrittenTarget>();
  const contracts = new Map<string, readonly string[]>();
  for (const section of cores.flatMap((core) => core.sections)) {
    const terms = termsOf(section.contract);
    policies.add(terms.endorsementPolicy);
    contracts.set(section.contract, endorsersOf(terms.policy));
    for (const ownerSet of new Set(section.writes.map((write) => write.ownerSet))) {
      const set = terms.ownerSets.get(ownerSet);
      if (set === undefined) {
        throw new SelvedgeError('OWNER_SET_MISMATCH', `the target data names owner set ${ownerSet}, which contract ${section.contract} does not have`, { role: 'client' });
      }
      policies.add(set.endorsementPolicy);
      targets.set(JSON.stringify([section.contract, ownerSet]), { contract: section.contract, ownerSet, owners: [...set.owners].sort(compareText) });
    }
  }
  for (const keyPolicy of keyPoliciesOf(cores, termsOf, inForce)) policies.add(keyPolicy);
  return {
    policies: [...policies],
    contracts: [...contracts].map(([name, endorsers]) => ({ name, endorsers })),
    targets: [...targets.values()].sort((a, b) => compareText(a.contract, b.contract) || compareText(a.ownerSet, b.ownerSet)),
  };
}

/** Equal policies once: many keys have the same. */
function keyPoliciesOf(cores: readonly Core[], termsOf: (contract: string) => ContractTerms, inForce: readonly KeyPolicyInForce[]): EndorsementPolicy[] {
  const touched = new Set(contractsOf(cores));
  const distinct = new Map(inForce.filter(({ contract }) => touched.has(contract)).map((each) => [`${each.contract} ${toHex(each.policy)}`, each]));
  return [...distinct.values()].flatMap(({ contract, policy }) => mapKeyPolicy(policy, termsOf(contract).policy) ?? []);
}

/** Every organisation that must store something, sorted. */
export function declaredOwners(targets: readonly WrittenTarget[]): string[] {
  return [...new Set(targets.flatMap((target) => target.owners))].sort(compareText);
}
