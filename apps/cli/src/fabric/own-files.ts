import { resolve } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import type { OwnOrganisation } from './deployment.js';
import { clientTlsIn, findClientTls, findMspFolders, type FoundMsp } from './msp-folder.js';

type OwnFiles = OwnOrganisation['own'];

/**
 * Finds an organisation's administrator, peer and client among the MSP folders in and below a folder, and a TLS client
 * certificate: in the folder that is named, or beside the administrator's. Throws INVALID_CONFIGURATION.
 */
export async function findOwnFiles(mspId: string, folder: string, clientTlsFolder: string | undefined): Promise<OwnFiles> {
  const found = await findMspFolders(resolve(folder));
  const of = (role: FoundMsp['role']): string | undefined => found.find((msp) => msp.role === role)?.directory;
  const [admin, peer, client] = [of('admin'), of('peer'), of('client')];
  if (admin === undefined || peer === undefined) {
    const seen = found.map(({ directory, role }) => `${role} in ${directory}`).join(', ');
    throw new SelvedgeError('INVALID_CONFIGURATION', `--msp ${mspId}=${folder}: MSP folders (signcerts, keystore) of an administrator and of a peer are needed, by the organisational unit of their certificates; found: ${seen === '' ? 'none' : seen}`, { role: 'cli' });
  }
  const clientTls = clientTlsFolder === undefined ? await findClientTls(admin) : await clientTlsIn(resolve(clientTlsFolder));
  if (clientTlsFolder !== undefined && clientTls === undefined) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `--client-tls ${mspId}=${clientTlsFolder}: holds neither client.crt and client.key nor cert.pem and key.pem`, { role: 'cli' });
  }
  return { admin, peer, ...(client === undefined ? {} : { client }), ...(clientTls === undefined ? {} : { clientTls }) };
}

/** The same with paths as they shall stand in the deployment file. */
export function relativeOwnFiles(at: (path: string) => string, { admin, peer, client, clientTls }: OwnFiles): OwnFiles {
  return {
    admin: at(admin),
    peer: at(peer),
    ...(client === undefined ? {} : { client: at(client) }),
    ...(clientTls === undefined ? {} : { clientTls: { certificate: at(clientTls.certificate), privateKey: at(clientTls.privateKey) } }),
  };
}
