import { setMaxListeners } from 'node:events';
import type { Signer } from '@selvedge/identity';
import { SelvedgeError } from '@selvedge/errors';
import type { FabricGateway } from '@selvedge/fabric-network/gateway';
import type { TlsSetting } from '@selvedge/rpc';
import { openFabricGateway } from './adapters/fabric-connection.js';
import { createGrpcNetwork } from './adapters/grpc-network.js';
import type { ConnectionProfile } from './domain/connection-profile.js';
import { anchorProfile } from './domain/pins.js';
import { createReplicaRecord } from './domain/replica-record.js';
import { createRequestAdmission } from './domain/request-admission.js';
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
import { createTrust } from './trust.js';

/** What gateways and submitters alike need: whom to reach, whom to trust, and who speaks. */
export interface SessionOptions {
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
  /** From 0 to 1: spreads the pauses of retries, and first requests over compute nodes. Default: Math.random. */
  readonly random?: () => number;
  /** The transport; default: gRPC to the addresses of the connection profile. */
  readonly ports?: NetworkPorts;
  /** The way to Hyperledger Fabric, where that is the ledger; default: the gateway peers of the connection profile. */
  readonly openFabric?: () => Promise<FabricGateway>;
}

/** A session, and how it ends. */
export interface OpenSession {
  readonly session: TransactionSession;
  readonly close: () => void;
}

/**
 * Opens a session; nothing is sent yet. Throws PROFILE_INVALID, PROFILE_SIGNATURES_MISSING, PROFILE_MISMATCH for other pins,
 * WRONG_NETWORK, WRONG_CHANNEL, or INVALID_CONFIGURATION for TLS files.
 */
export function openSession(options: SessionOptions): OpenSession {
  const clock = options.clock ?? (() => new Date());
  const random = options.random ?? Math.random;
  const profile = anchorProfile(options.signedProfile, options.pins?.kept);
  const { network, channel } = options.connectionProfile;
  if (profile.message.network !== network) throw new SelvedgeError('WRONG_NETWORK', `the profile is of network ${profile.message.network}, not ${network}`, { role: 'client' });
  if (profile.message.channel !== channel) throw new SelvedgeError('WRONG_CHANNEL', `the profile is of channel ${profile.message.channel}, not ${channel}`, { role: 'client' });
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const ports = options.ports ?? createGrpcNetwork(options.connectionProfile, { tls: options.tls, onHop: options.onHop, reload: options.reload });
  const trust = createTrust({ profile, signedProfile: options.signedProfile, pins: options.pins, ports, clock, limits });
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
    scheduling: createScheduling(limits, nowMs, random),
    admission: createRequestAdmission(limits, nowMs),
    replicas: createReplicaRecord(),
    endorserRotation: createNodeRotation({ nowMs, penaltyMs: limits.failurePenaltyMs }),
    senders: createSenders({ network, channel }),
    closing: closing.signal,
    knownHeight: knownHeightOf(profile),
  };
  const lane = rememberBlocks(createLane(session, options, clock), session.knownHeight);
  return {
    session: { ...session, lane, retry: undefined, random },
    close() {
      closing.abort();
      trust.close();
      lane.close();
      ports.close();
    },
  };
}

function createLane(session: Session, options: SessionOptions, clock: () => Date): LedgerLane {
  const { connectionProfile, identity: signer, tls, onHop } = options;
  if (connectionProfile.ledger !== 'fabric') return createEmbeddedLane(session);
  return createFabricLane(session, options.openFabric ?? (() => openFabricGateway({ connectionProfile, signer, tls, clock, onHop })));
}

const nowMs = (): number => performance.now();
