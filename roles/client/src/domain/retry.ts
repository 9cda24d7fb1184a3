import type { RefusalCode } from '@selvedge/errors';

/** Refusals after which another compute node may well serve the same sealed request. */
const ANOTHER_NODE: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'UNAVAILABLE',
  'TLS_REFUSED',
  'TIMEOUT',
  'OVERLOADED',
  'DRAINING',
  'NOT_READY',
  'TEE_CERTIFICATE_EXPIRED', // two rotations have overtaken the node, and it renews its certificate
  'TEE_REVOKED', // the node knows of its own revocation before this client does
  'CONTRACT_NOT_ASSIGNED',
  'CONTRACT_UNKNOWN', // this client saw the contract on the ledger: the node is behind
  'CONTRACT_CODE_MISSING',
  'CONTRACT_CODE_MISMATCH',
  'CHAINCODE_START_FAILED',
  'CHAINCODE_CRASHED',
  'VIEW_BEHIND',
  'VIEW_QUORUM_UNREACHABLE',
  'STATE_UNAVAILABLE',
  'STATE_BEHIND',
  'GATE_QUORUM_NOT_MET', // another node may reach the followers that this one does not
]);

/** Refusals that end when the request is built again on fresh evidence. */
const REBUILD: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'ENVELOPE_EPOCH_UNKNOWN',
  'ENVELOPE_EPOCH_REVOKED',
  'KEY_EPOCH_UNKNOWN',
  'KEY_EPOCH_RETIRED',
  'KEY_EPOCH_REVOKED',
  'PROFILE_MISMATCH',
  'DECRYPT_FAILED',
]);

/** Refusals that say nothing about the message: the same bytes may be sent to the same peer again. */
const SAME_PEER: ReadonlySet<RefusalCode> = new Set<RefusalCode>(['UNAVAILABLE', 'TIMEOUT', 'OVERLOADED', 'RATE_LIMITED', 'NOT_READY', 'DRAINING', 'VIEW_BEHIND', 'VIEW_QUORUM_UNREACHABLE', 'BROKER_LOCKED']);

/** Refusals by an endorser or owner that merely has not seen the newest block yet, or by one that is right. */
const MAY_LAG: ReadonlySet<RefusalCode> = new Set<RefusalCode>(['STALE_READ', 'STALE_GUARD', 'CONTRACT_UNKNOWN', 'POLICY_VERSION_MISMATCH', 'CODE_HASH_MISMATCH', 'KEY_EPOCH_UNKNOWN']);

/** Whether the same sealed request should go to another compute node. */
export function isWorthAnotherNode(code: RefusalCode): boolean {
  return ANOTHER_NODE.has(code);
}

/** Whether a node that refused so will do so again: what failed there is the request itself, tried there alone already. */
export function isOnceForEachNode(code: RefusalCode): boolean {
  return code === 'CHAINCODE_CRASHED';
}

/** Whether the request should be built again on fresh evidence. */
export function isWorthRebuild(code: RefusalCode): boolean {
  return REBUILD.has(code);
}

/** Whether the transaction id is used up, by its own request or by another. */
export function isUsedUp(code: RefusalCode): boolean {
  return code === 'DUPLICATE_TXID' || code === 'REQUEST_REPLAYED';
}

/** Whether the same bytes should be sent to the same peer again. */
export function isWorthRepeat(code: RefusalCode): boolean {
  return SAME_PEER.has(code);
}

/** Whether the peer may only be behind: worth a second try within a short grace. */
export function isPerhapsBehind(code: RefusalCode): boolean {
  return MAY_LAG.has(code);
}

/** Whether an endorser on Fabric may do what it refused a moment ago: it starts, gossip has not found it, or its peer reached too few owners. */
export function isPassingOnFabric(code: RefusalCode): boolean {
  return SAME_PEER.has(code) || code === 'PACKETS_NOT_DISTRIBUTED';
}

/** Conflicts that end when the whole request is made again, with a new transaction id: nothing of it was committed. */
const CONFLICTS: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'MVCC_READ_CONFLICT',
  'PHANTOM_READ_CONFLICT',
  'STALE_READ',
  'STALE_GUARD',
  // Of a request in parts, some of which are from before a change.
  'PART_OUTDATED',
  // Executed by the version of the contract that an upgrade has replaced meanwhile.
  'CODE_HASH_MISMATCH',
  'POLICY_VERSION_MISMATCH',
]);

/** Whether the whole request may be made again. */
export function isConflict(code: RefusalCode): boolean {
  return CONFLICTS.has(code);
}
