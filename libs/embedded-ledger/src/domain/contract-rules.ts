import { SelvedgeError } from '@selvedge/errors';
import { blockToLiveOf, facts, parseContractPolicy, parseEndorsementPolicy, type EndorsementPolicy, type FactReader } from '@selvedge/policy';
import type { ContractPolicy } from '@selvedge/protocol';

/** One owner set of a contract. */
export interface OwnerSetRules {
  /** MSP ids, sorted. */
  readonly owners: readonly string[];
  readonly endorsementPolicy: EndorsementPolicy;
  /** Blocks after which its entries end; 0n: never. */
  readonly blockToLive: bigint;
}

/** What a follower needs of a contract's policy, parsed. */
export interface ContractRules {
  readonly name: string;
  readonly endorsementPolicy: EndorsementPolicy;
  readonly ownerSets: ReadonlyMap<string, OwnerSetRules>;
  /** Dataset name to the name of its owner set. */
  readonly ownerSetOf: ReadonlyMap<string, string>;
  readonly policy: ContractPolicy;
}

// Facts are immutable byte strings that live as long as they count, so the parsed form can hang on the value itself.
const compiled = new WeakMap<Uint8Array, ContractRules>();

/** Rules of an approved contract. Throws ENDORSEMENT_POLICY_FAILURE when there is no such contract. */
export function contractRules(reader: FactReader, name: string): ContractRules {
  const value = reader.fact(facts.contract(name));
  if (value === undefined) throw new SelvedgeError('ENDORSEMENT_POLICY_FAILURE', `no contract ${name} is approved`, { details: { contract: name } });
  let rules = compiled.get(value);
  if (rules === undefined) {
    rules = compile(value);
    compiled.set(value, rules);
  }
  return rules;
}

function compile(value: Uint8Array): ContractRules {
  const policy = parseContractPolicy(value);
  return {
    name: policy.name,
    endorsementPolicy: parseEndorsementPolicy(policy.endorsementPolicy),
    ownerSets: new Map(policy.ownerSets.map((set) => [set.name, { owners: [...set.owners].sort(), endorsementPolicy: parseEndorsementPolicy(set.endorsementPolicy), blockToLive: blockToLiveOf(policy, set.name) }])),
    policy,
    ownerSetOf: new Map(policy.datasets.map((dataset) => [dataset.name, dataset.ownerSet])),
  };
}
