import { blockToLiveOf, type FactReader } from '@selvedge/policy';
import { ownerSetOf } from '../names.js';
import { recordedContract } from './recorded-contract.js';

/**
 * Blocks after which entries of an owner set's collection end, by the contract's policy; 0n: never. It stands for good,
 * in the policy as in Fabric, so it does not matter from which block the facts are.
 */
export function collectionLife(reader: FactReader, contract: string, collection: string): bigint {
  const ownerSet = ownerSetOf(collection);
  const policy = ownerSet === undefined ? undefined : recordedContract(reader, contract);
  return ownerSet === undefined || policy === undefined ? 0n : blockToLiveOf(policy, ownerSet);
}
