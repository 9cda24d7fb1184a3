import { toJson } from '@bufbuild/protobuf';
import { planContractPolicy, type ContractManifest, type ContractOptions, type ContractSurroundings } from '@selvedge/contract-package';
import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { facts, parseContractPolicy, type FactReader } from '@selvedge/policy';
import { ContractPolicySchema, encodeMessage, type ContractPolicy } from '@selvedge/protocol';

/**
 * A business node keeps what is written while its organisation is an owner. A new owner of a set that has data would lack
 * what was written before. Throws FEATURE_UNSUPPORTED.
 */
export function refuseNewOwners(wanted: ContractPolicy, previous: ContractPolicy | undefined): void {
  for (const { name, owners } of wanted.ownerSets) {
    const before = previous?.ownerSets.find((set) => set.name === name)?.owners ?? owners;
    const added = owners.filter((mspId) => !before.includes(mspId));
    if (added.length === 0) continue;
    throw new SelvedgeError('FEATURE_UNSUPPORTED', `contract ${wanted.name}: owner set ${name} has data, and ${added.join(', ')} as a new owner would lack it; give the organisation a collection of its own`, { role: 'cli' });
  }
}

/** What a policy replaces; undefined for a new contract, and what came before for one that is recorded already. */
export function previousOf(present: FactReader, wanted: ContractPolicy): ContractPolicy | undefined {
  const recorded = present.fact(facts.contract(wanted.name));
  if (recorded === undefined) return undefined;
  const previous = parseContractPolicy(recorded);
  return previous.policyVersion === wanted.policyVersion ? { ...previous, policyVersion: previous.policyVersion - 1n } : previous;
}

/** The policy that a contract shall have: the recorded one, where it says the same. */
export function wantedPolicy(input: {
  readonly manifest: ContractManifest;
  readonly codeHash: Uint8Array;
  readonly surroundings: ContractSurroundings;
  readonly options: ContractOptions;
  readonly present: FactReader;
}): ContractPolicy {
  const { manifest, codeHash, surroundings, options, present } = input;
  const value = present.fact(facts.contract(options.name ?? manifest.name));
  const previous = value === undefined ? undefined : parseContractPolicy(value);
  const wanted = planContractPolicy({ manifest, codeHash, settings: surroundings, options, previous });
  const isSame = previous !== undefined && equalBytes(encodePolicy({ ...wanted, policyVersion: previous.policyVersion }), encodePolicy(previous));
  return isSame ? previous : wanted;
}

/** A network's defaults as a contract on the ledger has them: an upgrade changes what it says, and nothing else. */
export function recordedSurroundings(present: FactReader, name: string, surroundings: ContractSurroundings): ContractSurroundings {
  const value = present.fact(facts.contract(name));
  if (value === undefined) return surroundings;
  const { endorsementPolicy, computeQuorum, distinctBy, keyAccess, datasets, ownerSets } = parseContractPolicy(value);
  const worldState = datasets.find((dataset) => dataset.name === '')?.ownerSet;
  const owners = ownerSets.find((set) => set.name === worldState)?.owners;
  return { ...surroundings, endorsementPolicy, computeQuorum, distinctBy, keyAccess, ...(owners === undefined ? {} : { worldStateOwners: owners }) };
}

/** Fields in which two policies differ, for messages. */
export function differences(a: ContractPolicy, b: ContractPolicy): string[] {
  const [left, right] = [a, b].map((policy) => toJson(ContractPolicySchema, policy, { alwaysEmitImplicit: true }) as Record<string, unknown>) as [Record<string, unknown>, Record<string, unknown>];
  return Object.keys(left).filter((field) => JSON.stringify(left[field]) !== JSON.stringify(right[field]));
}

/** ContractPolicy bytes, as a fact's value. */
export function encodePolicy(policy: ContractPolicy): Uint8Array {
  return encodeMessage(ContractPolicySchema, policy);
}
