import { SelvedgeError } from '@selvedge/errors';
import type { ContractSection } from '@selvedge/protocol';
import type { ContractRules } from './contract-rules.js';

/** Throws OWNER_SET_MISMATCH when a read, write or guard names a dataset or owner set that the contract's policy does not. */
export function verifyDatasets(section: ContractSection, rules: ContractRules): void {
  for (const read of section.reads) verifyOwnerSet(read, rules);
  for (const write of section.writes) verifyOwnerSet(write, rules);
  for (const read of section.keyPolicyReads) verifyOwnerSet(read, rules);
  for (const guard of section.guardsRead) verifyOwnerSet(guard, rules);
  for (const guard of section.guardsWritten) verifyOwnerSet(guard, rules);
}

function verifyOwnerSet(entry: { readonly dataset: string; readonly ownerSet: string }, rules: ContractRules): void {
  const dataset = rules.datasets.get(entry.dataset);
  if (dataset?.ownerSet !== entry.ownerSet) throw new SelvedgeError('OWNER_SET_MISMATCH', 'a dataset is not of that owner set in the contract’s policy');
}
