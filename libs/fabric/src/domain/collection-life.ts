import { isSelvedgeError } from '@selvedge/errors';
import { blockToLiveOf, facts, parseContractPolicy, type FactReader } from '@selvedge/policy';
import { ownerSetOf } from '../names.js';

/** By the fact's own bytes: a ledger state keeps one array per fact until it changes. */
const lives = new WeakMap<Uint8Array, ReadonlyMap<string, bigint>>();

/**
 * Blocks after which entries of an owner set's collection end, by the contract's policy; 0n: never. It stands for good,
 * in the policy as in Fabric, so it does not matter from which block the facts are.
 */
export function collectionLife(reader: FactReader, contract: string, collection: string): bigint {
  const ownerSet = ownerSetOf(collection);
  const fact = ownerSet === undefined ? undefined : reader.fact(facts.contract(contract));
  if (ownerSet === undefined || fact === undefined) return 0n;
  const known = lives.get(fact) ?? readLives(fact);
  lives.set(fact, known);
  return known.get(ownerSet) ?? 0n;
}

function readLives(fact: Uint8Array): ReadonlyMap<string, bigint> {
  try {
    const policy = parseContractPolicy(fact);
    return new Map(policy.ownerSets.map(({ name }) => [name, blockToLiveOf(policy, name)]));
  } catch (error) {
    // A fact that nobody can act on: no endorsement rests on it either.
    if (!isSelvedgeError(error)) throw error;
    return new Map();
  }
}
