import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { writePeerClientConfig, type FabricEndpoint, type LifecycleAdmin, type PeerProgram } from '@selvedge/fabric-network';
import type { Endpoint, OwnOrganisation } from './deployment.js';

const TIMEOUT_MS = 120_000;

/** Fabric's `peer` program, found on PATH, with a configuration as a client. Throws INVALID_CONFIGURATION. */
export async function findPeerProgram(configDirectory: string): Promise<PeerProgram> {
  const program = (process.env.PATH ?? '').split(delimiter).filter(isAbsolute).map((folder) => join(folder, 'peer')).find(isExecutable);
  if (program === undefined) {
    throw new SelvedgeError('INVALID_CONFIGURATION', 'Hyperledger Fabric’s program "peer" is not on PATH: unpack a release (2.5 or 3.x, https://github.com/hyperledger/fabric/releases) and put its bin folder on PATH', { role: 'cli' });
  }
  await writePeerClientConfig(configDirectory);
  return { program, configDirectory, timeoutMs: TIMEOUT_MS };
}

/** An organisation's administrator at one of its peers. @param place which of its peers */
export function adminOf({ mspId, peers, own }: OwnOrganisation, place = 0): LifecycleAdmin {
  const peer = peers[place];
  if (peer === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `organisations: ${mspId} has no peer`, { role: 'cli' });
  const { clientTls } = own;
  return {
    mspId,
    mspDirectory: own.admin,
    peer: fabricEndpoint(peer),
    ...(clientTls === undefined ? {} : { clientTls: { certificateFile: clientTls.certificate, privateKeyFile: clientTls.privateKey } }),
  };
}

export function fabricEndpoint({ address, tlsRoots, hostnameOverride }: Endpoint): FabricEndpoint {
  return { address, tlsRootCertificateFile: tlsRoots, ...(hostnameOverride === undefined ? {} : { hostnameOverride }) };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
