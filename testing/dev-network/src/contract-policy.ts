import { SUITE_NAMES } from '@selvedge/crypto';
import type { ContractManifest } from '@selvedge/contract-package';
import { SelvedgeError } from '@selvedge/errors';
import { create } from '@bufbuild/protobuf';
import { ContractPolicySchema, type ContractPolicy } from '@selvedge/protocol';
import type { DeployOptions } from './deploy-options.js';
import type { NetworkSettings } from './options.js';

const WORLD_STATE = '';
const WORLD_STATE_OWNERS = 'world-state';

interface DatasetPlan {
  readonly dataset: string;
  readonly owners: readonly string[];
  readonly endorsementPolicy: string;
}

/**
 * A contract's policy out of its manifest and what the deployment adds. The world state belongs to the owners that the
 * manifest names, else to the first business organisation; a collection to its members that run a business node.
 * Datasets with the same owners and endorsement policy share one owner set. Throws MANIFEST_INVALID.
 */
export function planContractPolicy(input: {
  readonly manifest: ContractManifest;
  readonly codeHash: Uint8Array;
  readonly settings: NetworkSettings;
  readonly options: DeployOptions;
  /** The policy on the ledger when the contract is upgraded. */
  readonly previous: ContractPolicy | undefined;
}): ContractPolicy {
  const { manifest, settings, options, previous } = input;
  const own = manifest.settings;
  const endorsementPolicy = options.endorsementPolicy ?? own.endorsementPolicy ?? settings.endorsementPolicy;
  const worldStateOwners = options.worldStateOwners ?? own.worldState?.owners ?? settings.businessOrganisations.slice(0, 1);
  const plans: DatasetPlan[] = [
    { dataset: WORLD_STATE, owners: requireNodes('the world state', worldStateOwners, worldStateOwners, settings), endorsementPolicy: own.worldState?.endorsementPolicy ?? endorsementPolicy },
    ...manifest.collections.map((collection) => ({
      dataset: collection.name,
      owners: requireNodes(`collection ${collection.name}`, collection.members, withNodes(collection.members, settings), settings),
      endorsementPolicy: own.ownerSets?.[collection.name]?.endorsementPolicy ?? collection.endorsementPolicy ?? endorsementPolicy,
    })),
  ];
  const ownerSets = new Map<string, { name: string; owners: string[]; endorsementPolicy: string }>();
  const ownerSetOf = (plan: DatasetPlan): string => {
    const key = JSON.stringify([plan.owners, plan.endorsementPolicy]);
    const known = ownerSets.get(key) ?? { name: plan.dataset === WORLD_STATE ? WORLD_STATE_OWNERS : plan.dataset, owners: [...plan.owners], endorsementPolicy: plan.endorsementPolicy };
    ownerSets.set(key, known);
    return known.name;
  };
  const datasets = plans.map((plan) => {
    const collection = manifest.collections.find(({ name }) => name === plan.dataset);
    return {
      name: plan.dataset,
      ownerSet: ownerSetOf(plan),
      memberOnlyRead: collection?.memberOnlyRead ?? false,
      memberOnlyWrite: collection?.memberOnlyWrite ?? false,
      members: [...(collection?.members ?? [])],
      blockToLive: collection?.blockToLive ?? 0n,
    };
  });
  return create(ContractPolicySchema, {
    name: options.name ?? manifest.name,
    version: manifest.version,
    policyVersion: (previous?.policyVersion ?? 0n) + 1n,
    codeHash: input.codeHash,
    suite: options.suite ?? own.suite ?? previous?.suite ?? SUITE_NAMES[0],
    endorsementPolicy,
    ownerSets: [...ownerSets.values()],
    datasets,
    computeQuorum: options.computeQuorum ?? own.computeQuorum ?? 1,
    gatedFunctions: own.gatedFunctions ?? [],
    organisationMap: Object.entries(own.organisationMap ?? {}).map(([chaincodeMspId, endorserMspId]) => ({ chaincodeMspId, endorserMspId })),
    assignedNodes: [...(options.assignedNodes ?? [])],
    eventReaders: own.eventReaders ?? [],
  });
}

function withNodes(members: readonly string[], settings: NetworkSettings): string[] {
  return members.filter((mspId) => settings.businessOrganisations.includes(mspId));
}

function requireNodes(what: string, named: readonly string[], owners: readonly string[], settings: NetworkSettings): string[] {
  if (withNodes(owners, settings).length === owners.length && owners.length > 0) return [...new Set(owners)].sort();
  throw new SelvedgeError('MANIFEST_INVALID', `${what}: owners ${named.join(', ')} need a business node; this network has those of ${settings.businessOrganisations.join(', ')}`, { role: 'cli' });
}
