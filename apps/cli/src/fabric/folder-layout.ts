import { join } from 'node:path';

/** Where everything of a deployment lies. What is under `shared` is public and goes to the other operators as it is. */
export interface FabricLayout {
  readonly directory: string;
  readonly deploymentFile: string;
  /** Connection profile of clients. */
  readonly networkFile: string;
  readonly shared: string;
  /** The deployment without what is of this machine. */
  readonly sharedDeployment: string;
  /** SignedProfile bytes: the first profile, which nodes and chaincodes are pinned to. */
  readonly anchorFile: string;
  /** SignedProfile bytes: the newest one. */
  readonly profileFile: string;
  /** Root of an organisation's certificates for its Selvedge processes, PEM. */
  sharedTlsRoot(mspId: string): string;
  /** Root of an organisation's simulated TEEs, PEM. */
  sharedTeeRoot(mspId: string): string;
  /** Policy changes that gather approvals. */
  readonly proposals: string;
  /** Roots of every organisation's Selvedge processes, one file; made of the shared ones. */
  readonly trustedRoots: string;
  /** Store of contract packages, by code hash. */
  readonly packages: string;
  /** Configuration of the `peer` program as a client. */
  readonly clientConfig: string;
  /** What is started on this machine. */
  readonly servicesFile: string;
  readonly processesFile: string;
  serviceDirectory(name: string): string;
  serviceTls(name: string): string;
  tlsCa(mspId: string): string;
  teeRoot(mspId: string): string;
  platform(name: string): string;
  /** An organisation's unlock key, which its share of the key broker's unlock secret is sealed to. */
  unlockKeyFile(mspId: string): string;
  /** Its public part, hexadecimal. */
  sharedUnlockKey(mspId: string): string;
}

export const DEPLOYMENT_FILE = 'selvedge-fabric.json';

/** @param directory absolute */
export function fabricLayoutOf(directory: string): FabricLayout {
  const shared = join(directory, 'shared');
  const secret = join(directory, 'private');
  return {
    directory,
    deploymentFile: join(directory, DEPLOYMENT_FILE),
    networkFile: join(directory, 'network.json'),
    shared,
    sharedDeployment: join(shared, 'deployment.json'),
    anchorFile: join(shared, 'anchor.bin'),
    profileFile: join(shared, 'profile.bin'),
    sharedTlsRoot: (mspId) => join(shared, 'tls', `${mspId}.pem`),
    sharedTeeRoot: (mspId) => join(shared, 'tee', `${mspId}.pem`),
    proposals: join(shared, 'proposals'),
    trustedRoots: join(directory, 'trusted-roots.pem'),
    packages: join(directory, 'packages'),
    clientConfig: join(directory, 'peer-client'),
    servicesFile: join(directory, 'services.json'),
    processesFile: join(directory, 'processes.json'),
    serviceDirectory: (name) => join(directory, 'services', name),
    serviceTls: (name) => join(secret, 'tls', name),
    tlsCa: (mspId) => join(secret, 'tlsca', mspId),
    teeRoot: (mspId) => join(secret, 'tee-root', mspId),
    platform: (name) => join(secret, 'platforms', name),
    unlockKeyFile: (mspId) => join(secret, 'unlock', `${mspId}.json`),
    sharedUnlockKey: (mspId) => join(shared, 'unlock', `${mspId}.hex`),
  };
}
