import { isSelvedgeError } from '@selvedge/errors';
import { facts, parseContractPolicy, type FactReader } from '@selvedge/policy';
import type { ContractPolicy } from '@selvedge/protocol';

/** By the fact's own bytes: a ledger state keeps one array per fact until it changes. */
const parsed = new WeakMap<Uint8Array, { readonly policy: ContractPolicy | undefined }>();

/** A contract's policy as the channel records it; undefined for another chaincode, and for a fact that nobody can act on. */
export function recordedContract(reader: FactReader, contract: string): ContractPolicy | undefined {
  const fact = reader.fact(facts.contract(contract));
  if (fact === undefined) return undefined;
  const known = parsed.get(fact) ?? { policy: parse(fact) };
  parsed.set(fact, known);
  return known.policy;
}

function parse(fact: Uint8Array): ContractPolicy | undefined {
  try {
    return parseContractPolicy(fact);
  } catch (error) {
    if (!isSelvedgeError(error)) throw error;
    return undefined;
  }
}
