import { SelvedgeError } from '@selvedge/errors';
import { StorageMode, type ContractSection, type Dataset } from '@selvedge/protocol';
import type { ContractRules } from './contract-rules.js';

/** Throws OWNER_SET_MISMATCH when a read, write or guard names a dataset or owner set that the contract's policy does not. */
export function verifyDatasets(section: ContractSection, rules: ContractRules): void {
  for (const read of section.reads) datasetOf(read, rules);
  for (const write of section.writes) datasetOf(write, rules);
  for (const guard of section.guardsRead) datasetOf(guard, rules);
  for (const guard of section.guardsWritten) datasetOf(guard, rules);
}

/** The dataset of an entry, of the very owner set that the policy gives it. Throws OWNER_SET_MISMATCH. */
export function datasetOf(entry: { readonly dataset: string; readonly ownerSet: string }, rules: ContractRules): Dataset {
  const dataset = rules.datasets.get(entry.dataset);
  if (dataset?.ownerSet !== entry.ownerSet) throw new SelvedgeError('OWNER_SET_MISMATCH', 'a dataset is not of that owner set in the contract’s policy');
  return dataset;
}

/** Throws CHAINCODE_UNSUPPORTED when a written dataset is kept in a way that is not built yet. */
export function verifyStorageModes(section: ContractSection, rules: ContractRules): void {
  for (const write of section.writes) {
    const dataset = datasetOf(write, rules);
    if (dataset.mode !== StorageMode.CIPHERTEXT) throw new SelvedgeError('CHAINCODE_UNSUPPORTED', 'writing a dataset in plaintext mode');
    if (dataset.blockToLive !== 0n) throw new SelvedgeError('CHAINCODE_UNSUPPORTED', 'writing a collection with blockToLive');
  }
}
