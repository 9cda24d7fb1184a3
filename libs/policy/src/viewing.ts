import { StorageMode, type ContractPolicy, type Dataset } from '@selvedge/protocol';

/** What an organisation's viewer may open of a contract. */
export interface ViewingRights {
  /** Packets of at least one dataset. */
  readonly state: boolean;
  readonly events: boolean;
}

/** Whether an organisation owns a dataset and, where its reads are for members alone, is one. */
export function mayViewDataset(policy: ContractPolicy, dataset: Dataset, mspId: string): boolean {
  const isOwner = policy.ownerSets.some(({ name, owners }) => name === dataset.ownerSet && owners.includes(mspId));
  return isOwner && (!dataset.memberOnlyRead || dataset.members.includes(mspId));
}

/** What the contract's policy lets an organisation's viewer open: its own datasets, and events where it is entitled to them. */
export function viewingRights(policy: ContractPolicy, mspId: string): ViewingRights {
  return {
    state: policy.datasets.some((dataset) => dataset.mode === StorageMode.CIPHERTEXT && mayViewDataset(policy, dataset, mspId)),
    events: policy.eventReaders.includes(mspId),
  };
}
