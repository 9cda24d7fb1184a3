import type { FactReader } from '@selvedge/policy';
import type { LegacyCollection } from '../store/legacy-store.js';
import { readContractDatasets } from './contract-datasets.js';

const CONTRACT_PREFIX = 'contract/';

/** Collections that datasets of this organisation take over, by the policies on the ledger. */
export function takenOverCollections(state: FactReader & { factKeys(prefix: string): readonly string[] }, mspId: string): LegacyCollection[] {
  const contracts = state.factKeys(CONTRACT_PREFIX).map((key) => key.slice(CONTRACT_PREFIX.length));
  return contracts.flatMap((contract) =>
    [...readContractDatasets(state, contract).datasets].flatMap(([collection, { owners, takesOver }]) => (takesOver && owners.includes(mspId) ? [{ contract, collection }] : [])),
  );
}
