import { SelvedgeError } from '@selvedge/errors';
import { facts, parseContractPolicy, parseEndorsementPolicy, type EndorsementPolicy, type FactReader } from '@selvedge/policy';
import type { ContractPolicy } from '@selvedge/protocol';

/** A contract's policy as it stands on the ledger, with its endorsement policies parsed. */
export interface ContractTerms {
  readonly policy: ContractPolicy;
  readonly endorsementPolicy: EndorsementPolicy;
  readonly ownerSets: ReadonlyMap<string, { readonly owners: readonly string[]; readonly endorsementPolicy: EndorsementPolicy }>;
}

/** Throws CONTRACT_UNKNOWN when the ledger has no such contract, POLICY_MALFORMED when its fact does not check. */
export function readContractTerms(ledger: FactReader, contract: string): ContractTerms {
  const bytes = ledger.fact(facts.contract(contract));
  if (bytes === undefined) throw new SelvedgeError('CONTRACT_UNKNOWN', `contract ${contract} is not on the ledger`, { role: 'client' });
  const policy = parseContractPolicy(bytes);
  return {
    policy,
    endorsementPolicy: parseEndorsementPolicy(policy.endorsementPolicy),
    ownerSets: new Map(policy.ownerSets.map((set) => [set.name, { owners: set.owners, endorsementPolicy: parseEndorsementPolicy(set.endorsementPolicy) }])),
  };
}
