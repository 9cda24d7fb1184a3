/** How the ordering service and the collections of a local Fabric network are set. */
export interface FabricOptions {
  /** How long the orderer waits for more transactions before it cuts a block. Default 200. */
  readonly batchTimeoutMs?: number;
  /** Transactions in a block at most. Default 500. */
  readonly maxMessageCount?: number;
  /** Whether endorser organisations keep copies of packets (ciphertext), from which a business node recovers. Default: endorsers. */
  readonly keepers?: 'endorsers' | 'none';
}

/** An organisation's own peer, as its follower is told of it. */
export interface FollowedPeer {
  /** host:port. */
  readonly endpoint: string;
  /** PEM file. */
  readonly tlsRootCertificate: string;
  readonly hostnameOverride: string;
}
