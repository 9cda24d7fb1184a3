/** Files of a TLS certificate and its key, PEM. */
export interface ClientTlsFiles {
  readonly certificateFile: string;
  readonly privateKeyFile: string;
}

/** A peer or orderer as a client reaches it. */
export interface FabricEndpoint {
  /** host:port. */
  readonly address: string;
  /** PEM: roots of its TLS certificate. */
  readonly tlsRootCertificateFile: string;
  /** The name in its TLS certificate, where it is not the address's host. */
  readonly hostnameOverride?: string;
}

/** An organisation's administrator, and the peer of that organisation that answers. */
export interface LifecycleAdmin {
  readonly mspId: string;
  /** The administrator's MSP folder, with its key. */
  readonly mspDirectory: string;
  readonly peer: FabricEndpoint;
  /** What the administrator shows where peers and orderers ask for a client certificate. */
  readonly clientTls?: ClientTlsFiles;
}

/** Fabric's `peer` program as a client. */
export interface PeerProgram {
  /** Absolute path. */
  readonly program: string;
  /** Folder with a core.yaml; writePeerClientConfig makes one that is enough. */
  readonly configDirectory: string;
  /** How long one command may take. Default 60,000. */
  readonly timeoutMs?: number;
}
