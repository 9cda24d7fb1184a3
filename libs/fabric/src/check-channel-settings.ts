import { LIMITS } from '@selvedge/protocol';
import type { DeployWarning } from './deploy-warning.js';

/** Settings of a channel and its peers; what cannot be seen is left out and not checked. */
export interface ChannelSettings {
  /** Transactions per block: Orderer.BatchSize.MaxMessageCount. */
  readonly maxMessageCount?: number;
  /** Orderer.BatchSize.AbsoluteMaxBytes. */
  readonly absoluteMaxBytes?: number;
  /** Private data of the largest transaction, all of its packets together. */
  readonly largestPrivateBytes?: number;
  /** peer.gossip.pvtData.pullRetryThreshold */
  readonly pullRetryThresholdMs?: number;
  /** peer.gossip.pvtData.skipPullingInvalidTransactionsDuringCommit */
  readonly skipPullingInvalidTransactions?: boolean;
  /** peer.gossip.pvtData.reconciliationEnabled */
  readonly reconciles?: boolean;
  /** ledger.pvtdataStore.deprioritizedDataReconcilerInterval */
  readonly deprioritizedReconcilerIntervalMs?: number;
  /** peer.gossip.pvtData.transientstoreMaxBlockRetention */
  readonly transientBlockRetention?: number;
  /** peer.gossip.reconnectInterval */
  readonly reconnectIntervalMs?: number;
}

/** A peer neither sends nor takes larger gRPC messages. */
export const PEER_GRPC_LIMIT_BYTES = 100 * 1024 * 1024;
/** Above it a commit that misses packets holds every later block up noticeably. */
const MAX_PULL_RETRY_MS = 5_000;
/** Below it, packets can be dropped between endorsement and commit when ordering is slow. */
const MIN_TRANSIENT_BLOCKS = 100;
const MAX_RECONNECT_MS = 5_000;
const MAX_DEPRIORITIZED_INTERVAL_MS = 60_000;
/** What a transaction carries beside its cores and sealed events: identities, signatures, hashed writes. */
const ENVELOPE_BYTES = 512 * 1024;

type Check = (settings: ChannelSettings) => DeployWarning | undefined;

/** Settings that lose packets, stall commits or stop large blocks. */
export function checkChannelSettings(settings: ChannelSettings): DeployWarning[] {
  return CHECKS.map((check) => check(settings)).filter((warning) => warning !== undefined);
}

const checkPrivateDataOfBlock: Check = ({ maxMessageCount, largestPrivateBytes }) => {
  if (maxMessageCount === undefined || largestPrivateBytes === undefined) return undefined;
  const bytes = maxMessageCount * largestPrivateBytes;
  if (bytes <= PEER_GRPC_LIMIT_BYTES) return undefined;
  return { code: 'BLOCK_ABOVE_GRPC_LIMIT', message: `MaxMessageCount ${String(maxMessageCount)} × ${String(largestPrivateBytes)} bytes of packets can pass the peer’s gRPC limit of ${String(PEER_GRPC_LIMIT_BYTES)} bytes, and business nodes would never get such a block; set MaxMessageCount to at most ${String(Math.max(1, Math.floor(PEER_GRPC_LIMIT_BYTES / largestPrivateBytes)))}` };
};

const checkBlockSize: Check = ({ absoluteMaxBytes }) => {
  if (absoluteMaxBytes === undefined || absoluteMaxBytes < PEER_GRPC_LIMIT_BYTES / 2) return undefined;
  return { code: 'BLOCK_ABOVE_GRPC_LIMIT', message: `AbsoluteMaxBytes ${String(absoluteMaxBytes)} leaves no room in a gRPC message of ${String(PEER_GRPC_LIMIT_BYTES)} bytes for a block’s packets; set it below ${String(PEER_GRPC_LIMIT_BYTES / 2)}` };
};

const checkTransactionFits: Check = ({ absoluteMaxBytes }) => {
  const largest = LIMITS.maxCoreBytes + LIMITS.maxPacketBytes + ENVELOPE_BYTES;
  if (absoluteMaxBytes === undefined || absoluteMaxBytes >= largest) return undefined;
  return { code: 'TRANSACTION_ABOVE_BLOCK_LIMIT', message: `AbsoluteMaxBytes ${String(absoluteMaxBytes)} is below the largest transaction, and orderers refuse what passes it after it was endorsed; set it to at least ${String(largest)}` };
};

const checkPullRetry: Check = ({ pullRetryThresholdMs }) => {
  if (pullRetryThresholdMs === undefined || pullRetryThresholdMs <= MAX_PULL_RETRY_MS) return undefined;
  return { code: 'COMMIT_MAY_STALL', message: `peer.gossip.pvtData.pullRetryThreshold ${String(pullRetryThresholdMs)} ms: a peer that misses a packet holds its commits up that long; set it to 1s (CORE_PEER_GOSSIP_PVTDATA_PULLRETRYTHRESHOLD=1s)` };
};

const checkInvalidTransactions: Check = ({ skipPullingInvalidTransactions }) => {
  if (skipPullingInvalidTransactions !== false) return undefined;
  return { code: 'COMMIT_MAY_STALL', message: 'peer.gossip.pvtData.skipPullingInvalidTransactionsDuringCommit is false: invalid transactions make peers look for packets that nobody sends; set it to true (CORE_PEER_GOSSIP_PVTDATA_SKIPPULLINGINVALIDTRANSACTIONSDURINGCOMMIT=true)' };
};

const checkReconciliation: Check = ({ reconciles }) => {
  if (reconciles !== false) return undefined;
  return { code: 'PACKETS_MAY_BE_LOST', message: 'peer.gossip.pvtData.reconciliationEnabled is false: a peer that was down never asks others for the packets that it missed, whoever keeps them; set it to true (CORE_PEER_GOSSIP_PVTDATA_RECONCILIATIONENABLED=true)' };
};

const checkDeprioritizedReconciliation: Check = ({ deprioritizedReconcilerIntervalMs }) => {
  if (deprioritizedReconcilerIntervalMs === undefined || deprioritizedReconcilerIntervalMs <= MAX_DEPRIORITIZED_INTERVAL_MS) return undefined;
  return { code: 'PACKETS_MAY_BE_LATE', message: `ledger.pvtdataStore.deprioritizedDataReconcilerInterval ${String(deprioritizedReconcilerIntervalMs)} ms: a packet that no peer could give when it was asked for, since its keepers were just starting, is not asked for again that long, and requests that read it are refused until then; set it to 1m (CORE_LEDGER_PVTDATASTORE_DEPRIORITIZEDDATARECONCILERINTERVAL=1m)` };
};

const checkTransientStore: Check = ({ transientBlockRetention }) => {
  if (transientBlockRetention === undefined || transientBlockRetention >= MIN_TRANSIENT_BLOCKS) return undefined;
  return { code: 'PACKETS_MAY_BE_LOST', message: `peer.gossip.pvtData.transientstoreMaxBlockRetention ${String(transientBlockRetention)}: packets of a transaction that is ordered late are dropped before its commit; set it to 1000, Fabric’s own default` };
};

const checkDiscovery: Check = ({ reconnectIntervalMs }) => {
  if (reconnectIntervalMs === undefined || reconnectIntervalMs <= MAX_RECONNECT_MS) return undefined;
  return { code: 'DISCOVERY_IS_SLOW', message: `peer.gossip.reconnectInterval ${String(reconnectIntervalMs)} ms: peers that start before they join the channel find no endorsers for that long; set it to 1s (CORE_PEER_GOSSIP_RECONNECTINTERVAL=1s)` };
};

const CHECKS: readonly Check[] = [checkPrivateDataOfBlock, checkBlockSize, checkTransactionFits, checkPullRetry, checkInvalidTransactions, checkReconciliation, checkDeprioritizedReconciliation, checkTransientStore, checkDiscovery];
