import { blockToLiveOf, parseEndorsementPolicy } from '@selvedge/policy';
import { compareText, type ContractPolicy, type Dataset, type OwnerSet } from '@selvedge/protocol';
import { MARKER_COLLECTION, collectionOf } from './names.js';

/** One entry of Fabric's collections_config.json. */
export interface CollectionConfig {
  readonly name: string;
  /** Who keeps the data: OR('Org.member', …). */
  readonly policy: string;
  /** Peers beside the endorsing one that must have taken the data before it endorses. */
  readonly requiredPeerCount: number;
  /** Peers beside the endorsing one that it tries to give the data to. */
  readonly maxPeerCount: number;
  /** In blocks; 0: never forgotten. */
  readonly blockToLive: number;
  /** true: peers give the data to clients of members only. */
  readonly memberOnlyRead: boolean;
  /** true: peers refuse writes that a client of a non-member asks for. */
  readonly memberOnlyWrite: boolean;
  /** Left out: the chaincode's own policy governs writes. */
  readonly endorsementPolicy?: { readonly signaturePolicy?: string; readonly channelConfigPolicy?: string };
}

/** How many peers each organisation runs: one number for all, or by MSP id (1 where it is not named). */
export type PeersPerOrganisation = number | Readonly<Record<string, number>>;

export interface CollectionOptions {
  /** Who keeps packets beside their owners: the endorsers of the owner set, for recovery, or nobody. */
  readonly keepers: 'endorsers' | 'none';
  /** Default 1. */
  readonly peersPerOrganisation?: PeersPerOrganisation;
  /**
   * Who keeps the replay markers' values; default: the endorsers. Only the markers' hashes count, and every peer has
   * those: an organisation of the channel that has no peers, such as the orderers', spares the peers handing them about.
   */
  readonly markerMembers?: readonly string[] | undefined;
}

/** Below this many other member peers, one that is down would stop every endorsement. */
const PEERS_FOR_A_REQUIREMENT = 2;

/** Peers of some organisations together. */
export function countPeers(mspIds: readonly string[], peers: PeersPerOrganisation = 1): number {
  return mspIds.reduce((sum, mspId) => sum + (typeof peers === 'number' ? peers : (peers[mspId] ?? 1)), 0);
}

/**
 * The private data collections of a contract: one per owner set, the replay markers', and those that it takes over. Each has an endorsement policy
 * of its own, so that the chaincode's policy can stay a matter of governance.
 * Throws INVALID_CONFIGURATION for an owner set whose name Fabric would refuse, POLICY_MALFORMED.
 */
export function createCollections(policy: ContractPolicy, options: CollectionOptions): CollectionConfig[] {
  const ownerSets = [...policy.ownerSets].sort((a, b) => compareText(a.name, b.name));
  return [
    ...ownerSets.map((ownerSet) => ownerSetCollection(ownerSet, blockToLiveOf(policy, ownerSet.name), options)),
    markerCollection(policy, options),
    ...datasetsTakenOver(policy).map((dataset) => takenOverCollection(dataset, policy, options)),
  ];
}

/** Names of the collections that a contract takes over, which are those of its datasets. */
export function takenOver(policy: Pick<ContractPolicy, 'datasets'>): string[] {
  return datasetsTakenOver(policy).map(({ name }) => name);
}

function datasetsTakenOver({ datasets }: Pick<ContractPolicy, 'datasets'>): Dataset[] {
  return datasets.filter(({ takesOver }) => takesOver).sort((a, b) => compareText(a.name, b.name));
}

function ownerSetCollection({ name, owners, endorsementPolicy }: OwnerSet, blockToLive: bigint, { keepers, peersPerOrganisation }: CollectionOptions): CollectionConfig {
  const keeping = keepers === 'endorsers' ? parseEndorsementPolicy(endorsementPolicy).mspIds : [];
  const members = sortedUnique([...owners, ...keeping]);
  const count = countPeers(members, peersPerOrganisation);
  // Kept by endorsers, the endorsing peer is a member itself and does not count; packets that only it holds can be
  // fetched from it. Without keepers, an endorser that reaches no owner must refuse: nobody could ask it later.
  const required = keepers === 'none' || count - 1 >= PEERS_FOR_A_REQUIREMENT ? 1 : 0;
  return collection({ name: collectionOf(name), members, required, count, endorsementPolicy, blockToLive: Number(blockToLive) });
}

/** Markers hold nothing but transaction ids. */
function markerCollection({ endorsementPolicy }: ContractPolicy, { peersPerOrganisation, markerMembers }: CollectionOptions): CollectionConfig {
  const members = sortedUnique(markerMembers ?? parseEndorsementPolicy(endorsementPolicy).mspIds);
  return collection({ name: MARKER_COLLECTION, members, required: 0, count: countPeers(members, peersPerOrganisation), endorsementPolicy, blockToLive: 0 });
}

/** Its members keep what they have. Nothing but removals is written from now on, under the owner set's policy: no packet must reach anybody. */
function takenOverCollection({ name, members, ownerSet }: Dataset, { ownerSets, endorsementPolicy }: ContractPolicy, { peersPerOrganisation }: CollectionOptions): CollectionConfig {
  const governing = ownerSets.find((set) => set.name === ownerSet)?.endorsementPolicy ?? endorsementPolicy;
  return collection({ name, members: sortedUnique(members), required: 0, count: countPeers(members, peersPerOrganisation), endorsementPolicy: governing, blockToLive: 0 });
}

interface CollectionInput {
  readonly name: string;
  readonly members: readonly string[];
  readonly required: number;
  /** Member peers. */
  readonly count: number;
  readonly endorsementPolicy: string;
  readonly blockToLive: number;
}

function collection({ name, members, required, count, endorsementPolicy, blockToLive }: CollectionInput): CollectionConfig {
  return {
    name,
    policy: `OR(${members.map((mspId) => `'${mspId}.member'`).join(', ')})`,
    requiredPeerCount: required,
    maxPeerCount: Math.max(required, count),
    blockToLive,
    memberOnlyRead: true,
    memberOnlyWrite: false,
    endorsementPolicy: { signaturePolicy: endorsementPolicy },
  };
}

function sortedUnique(names: readonly string[]): string[] {
  return [...new Set(names)].sort(compareText);
}
