import { blockToLiveOf, parseEndorsementPolicy } from '@selvedge/policy';
import type { ContractPolicy } from '@selvedge/protocol';
import { countPeers, takenOver, type CollectionConfig, type PeersPerOrganisation } from './collections.js';
import type { DeployWarning } from './deploy-warning.js';
import { MARKER_COLLECTION, ownerSetOf } from './names.js';

/**
 * Risky settings in collections that are about to be deployed, or are in use. Collections that are neither Selvedge's nor taken over by
 * the policy are passed over. Throws POLICY_MALFORMED when a policy in them does not parse.
 */
export function checkCollections(collections: readonly CollectionConfig[], options: { readonly policy?: ContractPolicy; readonly peersPerOrganisation?: PeersPerOrganisation } = {}): DeployWarning[] {
  const others = options.policy === undefined ? [] : takenOver(options.policy);
  const own = collections
    .filter(({ name }) => name === MARKER_COLLECTION || ownerSetOf(name) !== undefined)
    .flatMap((collection) => [...checkAccess(collection), ...checkLife(collection, options.policy), ...checkDissemination(collection, options.peersPerOrganisation)]);
  return [...own, ...collections.filter(({ name }) => others.includes(name)).flatMap(checkRemovals)];
}

function checkAccess({ name, memberOnlyRead, memberOnlyWrite, endorsementPolicy }: CollectionConfig): DeployWarning[] {
  const warnings: DeployWarning[] = [];
  if (!memberOnlyRead) warnings.push({ code: 'PACKETS_SHOWN_TO_NON_MEMBERS', message: `${name}: memberOnlyRead is false, so peers hand packets to any client that may read block events; set it to true` });
  if (memberOnlyWrite) warnings.push({ code: 'CLIENTS_OF_NON_MEMBERS_REFUSED', message: `${name}: memberOnlyWrite is true, so peers refuse transactions of clients whose organisation is no member; set it to false` });
  if (endorsementPolicy === undefined) warnings.push({ code: 'CHAINCODE_POLICY_GOVERNS_WRITES', message: `${name}: without endorsementPolicy the chaincode’s own policy governs its writes instead of the owners’; set endorsementPolicy.signaturePolicy to the policy of the owner set` });
  return warnings;
}

/** Followers count an owner set's blockToLive by the contract's policy: where peers count otherwise, reads are refused. */
function checkLife({ name, blockToLive }: CollectionConfig, policy: ContractPolicy | undefined): DeployWarning[] {
  const ownerSet = ownerSetOf(name);
  const wanted = policy === undefined || ownerSet === undefined ? 0n : blockToLiveOf(policy, ownerSet);
  if (BigInt(blockToLive) === wanted) return [];
  return [{ code: 'PACKETS_EXPIRE', message: `${name}: with blockToLive ${String(blockToLive)} peers forget packets at other heights than the contract’s policy says; set it to ${String(wanted)}` }];
}

function checkDissemination({ name, policy, requiredPeerCount, endorsementPolicy }: CollectionConfig, peers: PeersPerOrganisation | undefined): DeployWarning[] {
  // A channel policy names its organisations elsewhere; their number is not known here.
  if (endorsementPolicy?.signaturePolicy === undefined) return [];
  const members = parseEndorsementPolicy(policy).mspIds;
  const endorsers = parseEndorsementPolicy(endorsementPolicy.signaturePolicy).mspIds;
  const warnings: DeployWarning[] = [];
  const outsider = endorsers.find((mspId) => !members.includes(mspId));
  if (requiredPeerCount === 0 && outsider !== undefined) {
    warnings.push({ code: 'PACKETS_MAY_BE_LOST', message: `${name}: requiredPeerCount is 0 and endorser ${outsider} keeps nothing, so a transaction can become valid while no owner ever gets its packets; set requiredPeerCount to 1, or make the endorsers keepers` });
  }
  const count = countPeers(members, peers);
  const short = endorsers.find((mspId) => requiredPeerCount > count - (members.includes(mspId) ? countOne(mspId, peers) : 0));
  if (short !== undefined) {
    warnings.push({ code: 'ENDORSEMENT_IMPOSSIBLE', message: `${name}: requiredPeerCount ${String(requiredPeerCount)} counts peers other than the endorsing one, and ${short} has too few of them among the members: its endorsements fail; lower requiredPeerCount, add a peer, or add a member` });
  }
  return warnings;
}

/** What is written into a collection that is taken over are removals, which a member's peer has to be given as any private data. */
function checkRemovals({ name, policy, requiredPeerCount, endorsementPolicy }: CollectionConfig): DeployWarning[] {
  if (endorsementPolicy?.signaturePolicy === undefined || requiredPeerCount > 0) return [];
  const members = parseEndorsementPolicy(policy).mspIds;
  const outsider = parseEndorsementPolicy(endorsementPolicy.signaturePolicy).mspIds.find((mspId) => !members.includes(mspId));
  if (outsider === undefined) return [];
  return [{ code: 'REMOVALS_MAY_STALL', message: `${name}: endorser ${outsider} is no member, so that a member’s peer which is down at the first write of a key may find nobody who has the removal of its old value, and its commit of that block waits; set pullRetryThreshold to 1s on the members’ peers, or have members alone endorse for the owner set` }];
}

/** The endorsing peer itself, where its organisation has one. */
function countOne(mspId: string, peers: PeersPerOrganisation | undefined): number {
  return Math.min(1, countPeers([mspId], peers));
}
