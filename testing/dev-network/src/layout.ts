import { join } from 'node:path';

/** Where everything of a network lies. */
export interface Layout {
  readonly directory: string;
  /** Connection profile for clients. */
  readonly networkFile: string;
  /** NetworkSettings and the nodes with their ports. */
  readonly settingsFile: string;
  /** SignedProfile bytes. */
  readonly profileFile: string;
  /** PolicyTransaction bytes of block 0. */
  readonly genesisFile: string;
  /** Pids of the running processes. */
  readonly processesFile: string;
  /** Store of chaincode packages, by code hash. */
  readonly packages: string;
  /** Policy changes that gather approvals. */
  readonly proposals: string;
  caDirectory(mspId: string): string;
  /** The organisation's authority for TLS certificates. */
  tlsCaDirectory(mspId: string): string;
  /** Certificate and key of a user, or of an organisation's node. */
  userDirectory(mspId: string, user: string): string;
  /** A user's TLS certificate and key. */
  userTlsDirectory(mspId: string, user: string): string;
  nodeDirectory(name: string): string;
  /** A node's TLS certificate and key. */
  nodeTlsDirectory(name: string): string;
  /** PEM: roots of every organisation's TLS certificates. */
  readonly tlsRootsFile: string;
  /** A simulated platform's key and certificate: its machine, so to say. */
  platformDirectory(name: string): string;
  readonly teeRootDirectory: string;
  /** An organisation's unlock key, which its share of the key broker's unlock secret is sealed to. */
  unlockKeyFile(mspId: string): string;
}

/** @param directory absolute */
export function layoutOf(directory: string): Layout {
  return {
    directory,
    networkFile: join(directory, 'network.json'),
    settingsFile: join(directory, 'dev-network.json'),
    profileFile: join(directory, 'profile.bin'),
    genesisFile: join(directory, 'genesis.bin'),
    processesFile: join(directory, 'processes.json'),
    packages: join(directory, 'packages'),
    proposals: join(directory, 'proposals'),
    caDirectory: (mspId) => join(directory, 'organisations', mspId, 'ca'),
    tlsCaDirectory: (mspId) => join(directory, 'organisations', mspId, 'tlsca'),
    userDirectory: (mspId, user) => join(directory, 'organisations', mspId, 'users', user),
    userTlsDirectory: (mspId, user) => join(directory, 'organisations', mspId, 'users', user, 'tls'),
    nodeTlsDirectory: (name) => join(directory, 'nodes', name, 'tls'),
    tlsRootsFile: join(directory, 'tls-roots.pem'),
    nodeDirectory: (name) => join(directory, 'nodes', name),
    platformDirectory: (name) => join(directory, 'platforms', name),
    teeRootDirectory: join(directory, 'operators', 'tee-root'),
    unlockKeyFile: (mspId) => join(directory, 'organisations', mspId, 'unlock-key.json'),
  };
}
