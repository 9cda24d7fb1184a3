/**
 * The client library: seals requests to the TEE, has the result endorsed, submits it and waits for the commit. It has the shape of
 * `@hyperledger/fabric-gateway`; begin with {@link connect}. Administration of keys and of the key broker, and what the command is made
 * of, is here too.
 *
 * @module @selvedge/client
 */

export { connect, type ConnectOptions, type Gateway, type Network } from './gateway.js';
export type { ChaincodeEvent, ChaincodeEvents, ChaincodeEventsOptions } from './chaincode-events.js';
export type { Contract } from './contract.js';
export type { Proposal } from './proposal.js';
export type { Partition, ProposalOptions, QueryConfirmation } from './proposal-options.js';
export type { ExecutedTransaction } from './executed-transaction.js';
export type { OutvotedNode } from './domain/replicas.js';
export type { ReplicaCounts } from './domain/replica-record.js';
export type { Commit, CommitStatus } from './commit.js';
export type { EndorsedTransaction, SubmittedTransaction } from './endorsed-transaction.js';
export { keyBrokerAddresses, parseConnectionProfile, type ClientTlsFiles, type ComputeEndpoint, type ConnectionProfile, type OrganisationEndpoint, type ViewerEndpoint } from './domain/connection-profile.js';
export type { FabricPeerEndpoint, FabricSection } from './domain/fabric-section.js';
export type { PinnedNetwork } from './domain/pins.js';
export type { ConflictRetry } from './domain/conflict-retry.js';
export type { BatchPolicy } from './batching/batch-queue.js';
export { openFabricGateway, type FabricConnectionOptions } from './adapters/fabric-connection.js';
export { DEFAULT_LIMITS, type ClientLimits } from './limits.js';
export { createGrpcNetwork } from './adapters/grpc-network.js';
export { loadConnectionProfile, loadSignedProfile } from './adapters/profile-file.js';
export { openPins } from './adapters/pin-file.js';
export { loadTls } from './adapters/tls-files.js';
export { describeComputeHealth } from './domain/compute-health.js';
export type { KeyAddress, ViewedSection, ViewedTransaction, ViewedVersions, ViewRecord, Views } from './views.js';
export type { BusinessPort, CallBounds, ComputePort, EndorserPort, HopEvent, HopName, KeyBrokerPort, NetworkPorts, OnHop, Pins, SequencerPort, ViewerPort } from './ports.js';
export { fetchOwnerKeys } from './owner-keys.js';
export { fetchAuditHead, fetchBrokerRoot, fetchBrokerStatement, fetchKeyCommitments, type BrokerToAsk, type KeptAuditHead } from './administration.js';
export { openNextEpochs, revokeParties, type Revocation } from './key-epochs.js';
export { isOfStep, isPhaseDone, proposeNameStep, type ContractNameKeys, type MigrationOptions, type NamedDataset, type StoredNames } from './name-migration.js';
export type { WorkOptions, WorkProgress } from './listed-work.js';
export type { DatasetEpochs, KeyEpochs, ReEncryptionOptions, ReEncryptionProgress, StoredEpochs } from './re-encryption.js';
export { fetchUnlockStatus, submitShares, type BrokerLock, type HeldUnlockKey } from './unlock.js';
export { ensureUnlockKey, readUnlockKey } from './adapters/unlock-key-file.js';
export { createGatewayMetrics, type GatewayMetrics, type MetricsPort } from './gateway-metrics.js';
export { createSigner, type Signer } from '@selvedge/identity';
export { isSelvedgeError, SelvedgeError, type RefusalCode, type RoleName } from '@selvedge/errors';
