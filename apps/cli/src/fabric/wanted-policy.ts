import { planContractPolicy, type ContractManifest } from '@selvedge/contract-package';
import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { facts, parseContractPolicy, parseEndorsementPolicy, type FactReader } from '@selvedge/policy';
import { ContractPolicySchema, encodeMessage, type ContractPolicy } from '@selvedge/protocol';
import type { DeployedContract, Deployment } from './deployment.js';
import { isBusiness } from './services.js';

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

/** The policy that the contract shall have: the recorded one, where it says the same. */
export function wantedPolicy(
  deployment: Deployment,
  input: { readonly contract: DeployedContract; readonly manifest: ContractManifest; readonly codeHash: Uint8Array; readonly present: FactReader },
): ContractPolicy {
  const { contract, manifest, codeHash, present } = input;
  const { name, worldStateOwners, endorsementPolicy, suite, computeQuorum } = contract;
  const value = present.fact(facts.contract(name));
  const previous = value === undefined ? undefined : parseContractPolicy(value);
  const wanted = planContractPolicy({
    manifest,
    codeHash,
    settings: { businessOrganisations: deployment.organisations.filter(isBusiness).map(({ mspId }) => mspId), endorsementPolicy: deployment.endorsementPolicy },
    options: {
      name,
      ...(worldStateOwners === undefined ? {} : { worldStateOwners }),
      ...(endorsementPolicy === undefined ? {} : { endorsementPolicy }),
      ...(suite === undefined ? {} : { suite }),
      ...(computeQuorum === undefined ? {} : { computeQuorum }),
    },
    previous,
  });
  const isSame = previous !== undefined && equalBytes(encodePolicy({ ...wanted, policyVersion: previous.policyVersion }), encodePolicy(previous));
  return isSame ? previous : wanted;
}

/** Organisations whose peers endorse a contract's transactions. */
export function endorsersOf(policy: ContractPolicy): string[] {
  const rules = [policy.endorsementPolicy, ...policy.ownerSets.map(({ endorsementPolicy }) => endorsementPolicy)];
  return [...new Set(rules.flatMap((rule) => parseEndorsementPolicy(rule).mspIds))].sort();
}

/** ContractPolicy bytes, as a fact's value. */
export function encodePolicy(policy: ContractPolicy): Uint8Array {
  return encodeMessage(ContractPolicySchema, policy);
}
