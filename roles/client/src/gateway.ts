import { setMaxListeners } from 'node:events';
import type { Signer } from '@selvedge/identity';
import { SelvedgeError } from '@selvedge/errors';
import type { FabricGateway } from '@selvedge/fabric-network/gateway';
import { createContractBatches, verifyBatchPolicy } from './batching/contract-batches.js';
import type { BatchPolicy } from './batching/batch-queue.js';
import { openFabricGateway } from './adapters/fabric-connection.js';
import { createGrpcNetwork } from './adapters/grpc-network.js';
import type { TlsSetting } from '@selvedge/rpc';
import { createChaincodeEvents, type ChaincodeEvents, type ChaincodeEventsOptions } from './chaincode-events.js';
import { createContract, type Contract } from './contract.js';
import { readConflictRetry, type ConflictRetry } from './domain/conflict-retry.js';
import type { ConnectionProfile } from './domain/connection-profile.js';
import { anchorProfile } from './domain/pins.js';
import { createRequestAdmission } from './domain/request-admission.js';
import { createReplicaRecord, type ReplicaCounts } from './domain/replica-record.js';
import { createNodeRotation } from './domain/rotation.js';
import { createEmbeddedLane } from './embedded-lane.js';
import { createFabricLane } from './fabric/fabric-lane.js';
import { knownHeightOf, rememberBlocks } from './known-height.js';
import type { LedgerLane } from './ledger-lane.js';
import { DEFAULT_LIMITS, type ClientLimits } from './limits.js';
import type { NetworkPorts, OnHop, Pins } from './ports.js';
import { createScheduling } from './scheduling.js';
import { createSenders } from './senders.js';
import type { Session, TransactionSession } from './session.js';
import { createContractNameKeys, type ContractNameKeys } from './name-migration.js';
import { createKeyEpochs, type KeyEpochs } from './re-encryption.js';
import { createTrust } from './trust.js';
import { createViews, type Views } from './views.js';

/** What a gateway needs: whom to reach, whom to trust, and who speaks. */
export interface ConnectOptions {
  readonly connectionProfile: ConnectionProfile;
  /** SignedProfile bytes: the pinned network profile, the trust anchor of everything that the client verifies. */
  readonly signedProfile: Uint8Array;
  /**
   * What earlier sessions have verified (openPins): this one goes back behind no profile and no key epoch of theirs.
   * Without it, that holds within a session only.
   */
  readonly pins?: Pins | undefined;
  /** The client identity that creates and signs requests. */
  readonly identity: Signer;
  /** TLS certificate, key and trusted roots of this client; default: the files that the connection profile names. */
  readonly tls?: TlsSetting;
  /** Wall clock: request timestamps and certificate periods. Default: the system's. */
  readonly clock?: () => Date;
  readonly limits?: Partial<ClientLimits>;
  /** Called after each call to a peer. */
  readonly onHop?: OnHop;
  /** Gives the present connection profile; called when no compute node answers and by `reload()`. */
  readonly reload?: () => Promise<ConnectionProfile>;
  /**
   * Makes a whole request again when it loses a conflict (MVCC_READ_CONFLICT, PHANTOM_READ_CONFLICT, STALE_READ,
   * STALE_GUARD) or met an upgrade of its contract (CODE_HASH_MISMATCH, POLICY_VERSION_MISMATCH, PART_OUTDATED, then on the new
   * version); for idempotent work. Off by default; ProposalOptions.retry overrides it.
   */
  readonly retry?: ConflictRetry;
  /**
   * Contracts whose requests travel in batches, by name: submit, submitTransaction, evaluate and evaluateTransaction, where
   * they name no signal, compute quorum or endorsers of their own. Off by default.
   */
  readonly batching?: Readonly<Record<string, BatchPolicy>>;
  /** From 0 to 1: spreads the pauses of retries, and first requests over compute nodes. Default: Math.random. */
  readonly random?: () => number;
  /** The transport; default: gRPC to the addresses of the connection profile. */
  readonly ports?: NetworkPorts;
  /** The way to Hyperledger Fabric, where that is the ledger; default: the gateway peers of the connection profile. */
  readonly openFabric?: () => Promise<FabricGateway>;
}

/** A connection of one identity to a network. */
export interface Gateway {
  readonly identity: Signer;
  /** Throws WRONG_CHANNEL for a channel that is not the profile's. */
  getNetwork(channel: string): Network;
  /** Reads the endpoints again, so that new nodes are used and removed ones left alone. */
  reload(): Promise<void>;
  /**
   * How often each compute node agreed with the others, where several ran a request, and how often it was outvoted. One node that is
   * outvoted lies or is broken; several in turn, on one contract, mean that its chaincode is not deterministic.
   */
  replicaCounts(): ReplicaCounts[];
  /** Fetches the ledger view and the broker's evidence anew before the next request. */
  refresh(): Promise<void>;
  close(): void;
}

/** One channel. */
export interface Network {
  readonly name: string;
  getContract(name: string): Contract;
  /** Events that a contract's committed transactions have set, opened for the organisations that its manifest entitles. */
  getChaincodeEvents(chaincodeName: string, options?: ChaincodeEventsOptions): ChaincodeEvents;
  /** Under which epochs of its data key a contract's entries lie; for administrators of its owners. */
  getKeyEpochs(contract: string): KeyEpochs;
  /** Under which names a contract's entries lie; for administrators of its owners. */
  getNameKeys(contract: string): ContractNameKeys;
  /** What the viewer of this identity's organisation shows. @param viewerId node id; default: the organisation's first */
  getViews(viewerId?: string): Views;
}

/**
 * Opens a gateway. Nothing is sent yet: evidence is fetched and verified before the first request.
 * Throws PROFILE_INVALID, PROFILE_SIGNATURES_MISSING, PROFILE_MISMATCH for other pins, WRONG_NETWORK, WRONG_CHANNEL,
 * or INVALID_CONFIGURATION for TLS files or batching.
 */
export function connect(options: ConnectOptions): Gateway {
  const clock = options.clock ?? (() => new Date());
  const profile = anchorProfile(options.signedProfile, options.pins?.kept);
  const { network, channel } = options.connectionProfile;
  if (profile.message.network !== network) throw new SelvedgeError('WRONG_NETWORK', `the profile is of network ${profile.message.network}, not ${network}`, { role: 'client' });
  if (profile.message.channel !== channel) throw new SelvedgeError('WRONG_CHANNEL', `the profile is of channel ${profile.message.channel}, not ${channel}`, { role: 'client' });
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const ports = options.ports ?? createGrpcNetwork(options.connectionProfile, { tls: options.tls, onHop: options.onHop, reload: options.reload });
  const trust = createTrust({ profile, signedProfile: options.signedProfile, pins: options.pins, ports, clock, limits });
  if (options.retry !== undefined) readConflictRetry(options.retry);
  verifyBatching(options);
  const closing = new AbortController();
  // Every request that is under way listens.
  setMaxListeners(0, closing.signal);
  const session: Session = {
    network,
    channel,
    signer: options.identity,
    ports,
    trust,
    limits,
    clock,
    scheduling: createScheduling(limits, nowMs, options.random ?? Math.random),
    admission: createRequestAdmission(limits, nowMs),
    replicas: createReplicaRecord(),
    endorserRotation: createNodeRotation({ nowMs, penaltyMs: limits.failurePenaltyMs }),
    senders: createSenders({ network, channel }),
    closing: closing.signal,
    knownHeight: knownHeightOf(profile),
  };
  const lane = rememberBlocks(createLane(session, options, clock), session.knownHeight);
  const transactions: TransactionSession = {
    ...session,
    lane,
    retry: options.retry,
    random: options.random ?? Math.random,
  };
  const batches = new Map(Object.entries(options.batching ?? {}).map(([contract, policy]) => [contract, createContractBatches(transactions, contract, policy)]));
  return {
    identity: options.identity,
    getNetwork(name) {
      if (name !== channel) throw new SelvedgeError('WRONG_CHANNEL', `this gateway is connected to channel ${channel}, not ${name}`, { role: 'client' });
      return {
        name,
        getContract: (contract) => createContract(transactions, contract, batches.get(contract)),
        getChaincodeEvents: (contract, eventsOptions) => createChaincodeEvents(transactions, contract, eventsOptions),
        getKeyEpochs: (contract) => createKeyEpochs(transactions, contract),
        getNameKeys: (contract) => createContractNameKeys(transactions, contract),
        getViews: (viewerId) => createViews(transactions, viewerId),
      };
    },
    reload: () => ports.reload(),
    replicaCounts: () => session.replicas.counts(),
    refresh: () => trust.refresh(),
    close() {
      closing.abort();
      trust.close();
      lane.close();
      ports.close();
    },
  };
}

function verifyBatching({ batching = {} }: ConnectOptions): void {
  for (const [contract, policy] of Object.entries(batching)) verifyBatchPolicy(contract, policy);
}

function createLane(session: Session, options: ConnectOptions, clock: () => Date): LedgerLane {
  const { connectionProfile, identity: signer, tls, onHop } = options;
  if (connectionProfile.ledger !== 'fabric') return createEmbeddedLane(session);
  return createFabricLane(session, options.openFabric ?? (() => openFabricGateway({ connectionProfile, signer, tls, clock, onHop })));
}

const nowMs = (): number => performance.now();
