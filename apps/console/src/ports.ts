import type { ConnectionProfile, Gateway, OnHop } from '@selvedge/client';
import type { Signer } from '@selvedge/identity';
import type { Profile } from '@selvedge/policy';
import type { NetworkView, PolicyView } from './api.js';

/** Where a process serves its metrics. */
export interface MonitoredNode {
  readonly name: string;
  readonly service: string;
  /** host:port */
  readonly monitoring: string;
}

/** A network, as the console looks at it: what the command does in the same folder, and no more. */
export interface ConsoleNetwork {
  readonly network: string;
  readonly channel: string;
  readonly ledger: 'embedded' | 'fabric';
  readonly isDevelopment: boolean;
  connectionProfile(): Promise<ConnectionProfile>;
  /** The profile by which identities are judged now: with the revocation lists on the ledger. Rejects where no quorum shows them. */
  trust(): Promise<Profile>;
  /** The key of an identity that lies on this machine; undefined: there is none. @param user as the command names it */
  signer(mspId: string, user: string): Promise<Signer | undefined>;
  connect(identity: Signer, onHop: OnHop): Promise<Gateway>;
  /** Of every process, without what only its metrics tell. */
  look(): Promise<NetworkView>;
  policy(): Promise<PolicyView>;
  monitored(): Promise<readonly MonitoredNode[]>;
  /** The service of each process, by name. */
  services(): Promise<ReadonlyMap<string, string>>;
}
