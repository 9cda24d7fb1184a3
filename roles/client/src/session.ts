import type { Signer } from '@selvedge/identity';
import type { NodeRotation } from './domain/rotation.js';
import type { ClientLimits } from './limits.js';
import type { NetworkPorts } from './ports.js';
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
  /** Order of compute nodes, by contract. */
  readonly rotation: (contract: string) => NodeRotation;
  /** Order of endorsers. */
  readonly endorserRotation: NodeRotation;
  /** Aborted when the gateway closes. */
  readonly closing: AbortSignal;
}
