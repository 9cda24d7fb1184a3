import { isSelvedgeError } from '@selvedge/errors';
import { ownerSetOf } from '@selvedge/fabric';
import type { FactReader } from '@selvedge/policy';
import { readContractDatasets } from './contract-datasets.js';

/** Whether a contract's collection is an owner set of an organisation's, by the policy on the ledger. */
export function isOwnersCollection(reader: FactReader, mspId: string, contract: string, collection: string): boolean {
  const ownerSet = ownerSetOf(collection);
  return ownerSet !== undefined && isOwnersSet(reader, mspId, contract, ownerSet);
}

/** Whether a contract's owner set is an organisation's, by the policy on the ledger. */
export function isOwnersSet(reader: FactReader, mspId: string, contract: string, ownerSet: string): boolean {
  try {
    const { policy } = readContractDatasets(reader, contract);
    return policy.ownerSets.some(({ name, owners }) => name === ownerSet && owners.includes(mspId));
  } catch (error) {
    // Not a contract of this network.
    if (isSelvedgeError(error)) return false;
    throw error;
  }
}
