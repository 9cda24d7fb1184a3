import { create } from '@bufbuild/protobuf';
import { DEFAULT_SUITE_NAMES } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { distinctByOf, orderKeyAccessRules, type DistinctByName } from '@selvedge/policy';
import { ContractPolicySchema, DistinctBy, StorageMode, type ContractPolicy, type KeyAccessRule } from '@selvedge/protocol';
import { IMPLICIT_COLLECTION_PREFIX, type CollectionConfig } from './collections.js';
import { planGate } from './gate.js';
import { keyAccessRuleOf, type KeyAccessRuleJson } from './key-access.js';
import { placeDatasets, type DatasetPlan } from './dataset-owners.js';
import type { ContractManifest } from './manifest.js';

/** What a deployment says where the manifest leaves something open. */
export interface ContractOptions {
  /** Contract name; default: the manifest's. */
  readonly name?: string;
  readonly suite?: string;
  readonly endorsementPolicy?: string;
  /** MSP ids of the world state's owners; default: the manifest's, else the first business organisation. */
  readonly worldStateOwners?: readonly string[];
  readonly computeQuorum?: number;
  /** What compute nodes are counted by. */
  readonly distinctBy?: DistinctByName;
  /** Who may get its keys; none: whoever the network profile lets. Default: as the manifest says. */
  readonly keyAccess?: readonly KeyAccessRuleJson[];
}

/** What a network gives to every contract. */
export interface ContractSurroundings {
  /** MSP ids with a business node. */
  readonly businessOrganisations: readonly string[];
  /** MSP ids with an endorser. */
  readonly endorserOrganisations: readonly string[];
  /** Crypto suites of the network: the first is for contracts that name none. Default: DEFAULT_SUITE_NAMES. */
  readonly suites?: readonly string[];
  /** MSP ids that the network profile lists. Default: those with a business node. */
  readonly members?: readonly string[];
  /** Of contracts that have none of their own. */
  readonly endorsementPolicy: string;
  /** Default: the first business organisation. */
  readonly worldStateOwners?: readonly string[];
  /** Default: 1. */
  readonly computeQuorum?: number;
  /** Default: platforms. */
  readonly distinctBy?: DistinctBy;
  /** Of contracts that say nothing of it. Default: none. */
  readonly keyAccess?: readonly KeyAccessRule[];
}

const WORLD_STATE = '';

/** A collection, declared or implicit, and who owns it. */
type PlannedCollection = Omit<CollectionConfig, 'endorsementPolicy'> & DatasetPlan;

/**
 * A contract's policy out of its manifest and what the deployment adds. The world state belongs to the owners that the
 * manifest names, else to the first business organisation; a collection to its members that run a business node.
 * Datasets with the same owners, endorsement policy and life share one owner set, and stay in the one that they have.
 * Throws MANIFEST_INVALID.
 */
export function planContractPolicy(input: {
  readonly manifest: ContractManifest;
  readonly codeHash: Uint8Array;
  readonly settings: ContractSurroundings;
  readonly options: ContractOptions;
  /** The policy on the ledger when the contract is upgraded. */
  readonly previous: ContractPolicy | undefined;
}): ContractPolicy {
  const { manifest, settings, options, previous } = input;
  const own = manifest.settings;
  const endorsementPolicy = options.endorsementPolicy ?? own.endorsementPolicy ?? settings.endorsementPolicy;
  const worldStateOwners = options.worldStateOwners ?? own.worldState?.owners ?? settings.worldStateOwners ?? settings.businessOrganisations.slice(0, 1);
  const collections: PlannedCollection[] = [
    ...manifest.collections.map((collection) => ({
      ...collection,
      dataset: collection.name,
      owners: requireNodes(`collection ${collection.name}`, collection.members, withNodes(collection.members, settings), settings),
      endorsementPolicy: own.ownerSets?.[collection.name]?.endorsementPolicy ?? collection.endorsementPolicy ?? endorsementPolicy,
    })),
    ...implicitCollections(manifest, settings, endorsementPolicy, previous),
  ];
  const plans: DatasetPlan[] = [
    { dataset: WORLD_STATE, owners: requireNodes('the world state', worldStateOwners, worldStateOwners, settings), endorsementPolicy: own.worldState?.endorsementPolicy ?? endorsementPolicy, blockToLive: 0n },
    ...collections,
  ];
  const { ownerSets, ownerSetOf } = placeDatasets(plans, previous);
  const datasets = plans.map(({ dataset }) => {
    const collection = collections.find(({ name }) => name === dataset);
    return {
      name: dataset,
      ownerSet: ownerSetOf(dataset),
      mode: own.plaintext?.includes(dataset) === true ? StorageMode.PLAINTEXT : StorageMode.CIPHERTEXT,
      contentGuard: own.withoutContentGuard?.includes(dataset) !== true,
      memberOnlyRead: collection?.memberOnlyRead ?? false,
      memberOnlyWrite: collection?.memberOnlyWrite ?? false,
      members: [...(collection?.members ?? [])],
      blockToLive: collection?.blockToLive ?? 0n,
      takesOver: own.takesOver?.includes(dataset) === true,
    };
  });
  return create(ContractPolicySchema, {
    name: options.name ?? manifest.name,
    version: manifest.version,
    policyVersion: (previous?.policyVersion ?? 0n) + 1n,
    codeHash: input.codeHash,
    suite: options.suite ?? own.suite ?? previous?.suite ?? settings.suites?.[0] ?? DEFAULT_SUITE_NAMES[0],
    endorsementPolicy,
    ownerSets,
    datasets,
    computeQuorum: options.computeQuorum ?? own.computeQuorum ?? settings.computeQuorum ?? 1,
    distinctBy: plannedDistinctBy(options.distinctBy ?? own.distinctBy) ?? settings.distinctBy ?? DistinctBy.PLATFORM,
    gatedFunctions: own.gatedFunctions ?? [],
    ...planGate(own, settings),
    partitionedFunctions: own.partitionedFunctions ?? [],
    organisationMap: Object.entries(own.organisationMap ?? {}).map(([chaincodeMspId, endorserMspId]) => ({ chaincodeMspId, endorserMspId })),
    eventReaders: own.eventReaders ?? [],
    keyAccess: orderKeyAccessRules((options.keyAccess ?? own.keyAccess)?.map(keyAccessRuleOf) ?? settings.keyAccess ?? []),
  });
}

function plannedDistinctBy(name: DistinctByName | undefined): DistinctBy | undefined {
  return name === undefined ? undefined : distinctByOf(name);
}

/**
 * Fabric gives each organisation of a channel a collection of its own in every chaincode; here, each with a business
 * node. Fabric asks for that organisation's own endorsement: where the manifest maps it to an endorser organisation, so
 * do we, beside the contract's own policy; otherwise the contract's policy stands alone. A member that has no business node
 * any more keeps the collection that it had.
 */
function implicitCollections({ settings: own }: ContractManifest, settings: ContractSurroundings, endorsementPolicy: string, previous: ContractPolicy | undefined): PlannedCollection[] {
  const { businessOrganisations, members = businessOrganisations } = settings;
  const kept = members.filter((mspId) => previous?.datasets.some(({ name }) => name === `${IMPLICIT_COLLECTION_PREFIX}${mspId}`) === true);
  return [...new Set([...businessOrganisations, ...kept])].map((mspId) => {
    const name = `${IMPLICIT_COLLECTION_PREFIX}${mspId}`;
    const endorser = own.organisationMap?.[mspId];
    const policy = own.ownerSets?.[name]?.endorsementPolicy ?? (endorser === undefined ? endorsementPolicy : `OR('${endorser}.peer')`);
    return { name, dataset: name, members: [mspId], owners: [mspId], memberOnlyRead: false, memberOnlyWrite: false, blockToLive: 0n, endorsementPolicy: policy, isSeparate: true };
  });
}

function withNodes(members: readonly string[], settings: ContractSurroundings): string[] {
  return members.filter((mspId) => settings.businessOrganisations.includes(mspId));
}

function requireNodes(what: string, named: readonly string[], owners: readonly string[], settings: ContractSurroundings): string[] {
  if (withNodes(owners, settings).length !== owners.length || owners.length === 0) {
    throw new SelvedgeError('MANIFEST_INVALID', `${what}: owners ${named.join(', ')} need a business node; this network has those of ${settings.businessOrganisations.join(', ')}`, { role: 'cli' });
  }
  // Compute nodes believe a view of the ledger only where somebody supports it who owns nothing of what is read (DESIGN 5).
  const followers = [...settings.businessOrganisations, ...settings.endorserOrganisations];
  if (followers.every((mspId) => owners.includes(mspId))) {
    const text = `${what}: its owners ${owners.join(', ')} are all who follow the ledger, and nobody else can vouch for what they serve; name fewer owners, or let another organisation run an endorser or a business node`;
    throw new SelvedgeError('MANIFEST_INVALID', text, { role: 'cli' });
  }
  return [...new Set(owners)].sort();
}
