import type { ConnectionProfile, ConnectOptions, Gateway } from '@selvedge/client';
import type { Signer } from '@selvedge/identity';
import type { Deployment } from './deploy.js';
import type { DeployOptions } from './deploy-options.js';
import type { FabricAccess } from './fabric/fabric-access.js';
import type { NodeInfo } from './options.js';

/** A running development network of separate processes. Its TEEs are simulated. */
export interface DevNetwork {
  readonly directory: string;
  /** As network.json has it now. */
  connectionProfile(): ConnectionProfile;
  /** SignedProfile bytes. */
  readonly signedProfile: Uint8Array;
  /** Of a network on Hyperledger Fabric; undefined for others. */
  readonly fabric: FabricAccess | undefined;
  nodes(): readonly NodeInfo[];
  /** Throws RangeError for an unknown name. */
  node(name: string): NodeInfo;
  /** A user's identity; default user: User1. */
  identity(mspId: string, user?: string): Promise<Signer>;
  /** A gateway of that user, which follows nodes that come and go. */
  connect(mspId: string, options?: Partial<ConnectOptions> & { readonly user?: string }): Promise<Gateway>;
  /** Packages, approves and records a chaincode, and waits until every running compute node holds its keys. */
  deploy(directory: string, options?: DeployOptions): Promise<Deployment>;
  addComputeNode(): Promise<NodeInfo>;
  /** Takes a compute node out of network.json, then stops it: SIGTERM lets it finish, SIGKILL does not. */
  removeComputeNode(name: string, signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Ends one process and waits until it is gone. Default SIGKILL. */
  kill(name: string, signal?: NodeJS.Signals): Promise<void>;
  /** Starts a stopped process again on its port. Resolves when it is ready. */
  restart(name: string, options?: { readonly environment?: Readonly<Record<string, string>> }): Promise<NodeInfo>;
  /** Ends the processes of this network, and no others. */
  stop(): Promise<void>;
}
