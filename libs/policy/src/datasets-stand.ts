import { SelvedgeError } from '@selvedge/errors';
import type { ContractPolicy, Dataset } from '@selvedge/protocol';
import type { Profile } from './profile.js';

/**
 * Each dataset of the policy before stays, in its owner set, as a collection does on Fabric: under another name or in another owner
 * set its entries would be out of reach, and a migration of names in between, which copies what the policy names, would
 * make that final. One goes when the network profile lists none of its owners any more: nobody holds its data.
 * Throws CONTRACT_DATASET_DROPPED.
 */
export function verifyDatasetsStand(policy: ContractPolicy, profile: Profile, previous: ContractPolicy | undefined): void {
  const members = new Set(profile.msps.mspIds);
  const refuse = (name: string, what: string): SelvedgeError =>
    new SelvedgeError('CONTRACT_DATASET_DROPPED', `contract ${policy.name}: ${name === '' ? 'the world state' : `dataset ${name}`} ${what}, and its entries would be out of reach`, { details: { dataset: name } });
  for (const before of previous?.datasets ?? []) {
    const now = policy.datasets.find(({ name }) => name === before.name);
    if (now?.ownerSet === before.ownerSet) continue;
    if (now !== undefined) throw refuse(before.name, `moves from owner set ${before.ownerSet} to ${now.ownerSet}`);
    if (ownersOf(before, previous).some((mspId) => members.has(mspId))) throw refuse(before.name, 'is missing');
  }
}

function ownersOf({ ownerSet }: Dataset, policy: ContractPolicy | undefined): readonly string[] {
  return policy?.ownerSets.find(({ name }) => name === ownerSet)?.owners ?? [];
}
