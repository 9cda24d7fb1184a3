import { SelvedgeError } from '@selvedge/errors';
import { facts, parseContractPolicy, type FactReader } from '@selvedge/policy';
import type { ContractPolicy, Dataset, OwnerSet } from '@selvedge/protocol';

/** A contract's policy, indexed by name. */
export interface ContractRules {
  readonly policy: ContractPolicy;
  readonly datasets: ReadonlyMap<string, Dataset>;
  readonly ownerSets: ReadonlyMap<string, OwnerSet>;
}

/** Parsed policies by the fact's own bytes: the ledger keeps one array per fact until it changes. */
const parsed = new WeakMap<Uint8Array, ContractRules>();

/** The approved policy of a contract. Throws CONTRACT_UNKNOWN. */
export function readContractRules(reader: FactReader, contract: string): ContractRules {
  const bytes = reader.fact(facts.contract(contract));
  if (bytes === undefined) throw new SelvedgeError('CONTRACT_UNKNOWN', 'the ledger holds no policy of this contract');
  const known = parsed.get(bytes);
  if (known !== undefined) return known;
  const policy = parseContractPolicy(bytes);
  const rules = {
    policy,
    datasets: new Map(policy.datasets.map((dataset) => [dataset.name, dataset])),
    ownerSets: new Map(policy.ownerSets.map((ownerSet) => [ownerSet.name, ownerSet])),
  };
  parsed.set(bytes, rules);
  return rules;
}
