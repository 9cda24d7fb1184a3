import { SelvedgeError } from '@selvedge/errors';
import { facts, parseContractPolicy, type FactReader } from '@selvedge/policy';
import { StorageMode, type ContractPolicy } from '@selvedge/protocol';

/** A contract's policy with its datasets by name, and the owners of each. */
export interface ContractDatasets {
  readonly policy: ContractPolicy;
  readonly datasets: ReadonlyMap<string, { readonly ownerSet: string; readonly owners: readonly string[]; readonly isPlaintext: boolean; readonly takesOver: boolean }>;
}

/** Parsed policies by the fact's own bytes: the ledger keeps one array per fact until it changes. */
const parsed = new WeakMap<Uint8Array, ContractDatasets>();

/** The approved policy of a contract. Throws CONTRACT_UNKNOWN. */
export function readContractDatasets(reader: FactReader, contract: string): ContractDatasets {
  const bytes = reader.fact(facts.contract(contract));
  if (bytes === undefined) throw new SelvedgeError('CONTRACT_UNKNOWN', 'the ledger holds no policy of this contract');
  const known = parsed.get(bytes);
  if (known !== undefined) return known;
  const policy = parseContractPolicy(bytes);
  const owners = new Map(policy.ownerSets.map((ownerSet) => [ownerSet.name, ownerSet.owners]));
  const datasets = new Map(policy.datasets.map(({ name, ownerSet, mode, takesOver }) => [name, { ownerSet, owners: owners.get(ownerSet) ?? [], isPlaintext: mode === StorageMode.PLAINTEXT, takesOver }]));
  const result = { policy, datasets };
  parsed.set(bytes, result);
  return result;
}
