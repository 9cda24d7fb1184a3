import type { Signer } from '@selvedge/identity';
import type { NodeRotation } from './domain/rotation.js';
import type { RequestAdmission } from './domain/request-admission.js';
import type { ConflictRetry } from './domain/conflict-retry.js';
import type { KnownHeight } from './known-height.js';
import type { LedgerLane } from './ledger-lane.js';
import type { ClientLimits } from './limits.js';
import type { NetworkPorts } from './ports.js';
import type { ReplicaRecord } from './domain/replica-record.js';
import type { Scheduling } from './scheduling.js';
import type { Senders } from './senders.js';
import type { Trust } from './trust.js';

/** What the stages of a transaction share. */
export interface Session {
  readonly network: string;
  readonly channel: string;
  readonly signer: Signer;
  readonly ports: NetworkPorts;
  readonly trust: Trust;
  readonly limits: ClientLimits;
  readonly clock: () => Date;
  readonly scheduling: Scheduling;
  /** Of all requests of the gateway. */
  readonly admission: RequestAdmission;
  /** Of compute nodes that ran the same requests. */
  readonly replicas: ReplicaRecord;
  /** Order of endorsers. */
  readonly endorserRotation: NodeRotation;
  /** What queries must not fall behind. */
  readonly knownHeight: KnownHeight;
  /** Under what requests are sealed. */
  readonly senders: Senders;
  /** Aborted when the gateway closes. */
  readonly closing: AbortSignal;
}

/** What requests of this session need beside: the way to the ledger. */
export interface TransactionSession extends Session {
  readonly lane: LedgerLane;
  /** Of requests that bring no policy of their own. */
  readonly retry: ConflictRetry | undefined;
  /** From 0 to 1: spreads pauses; nothing secret comes from it. */
  readonly random: () => number;
}
