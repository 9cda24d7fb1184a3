import { readFile } from 'node:fs/promises';
import { connectFabricGateway, type FabricGateway } from '@selvedge/fabric-network';
import type { Signer } from '@selvedge/identity';
import type { Deployment, OwnOrganisation } from './deployment.js';

/** Opens the gateway of an organisation's own peers. @param signer who creates the transactions */
export async function openOwnGateway({ channel }: Deployment, { mspId, peers, own }: OwnOrganisation, signer: Signer): Promise<FabricGateway> {
  const clientTls = own.clientTls === undefined ? undefined : { certificatePem: await readFile(own.clientTls.certificate, 'utf8'), privateKeyPem: await readFile(own.clientTls.privateKey, 'utf8') };
  return connectFabricGateway({
    channel,
    signer,
    peers: await Promise.all(peers.map(async ({ address, tlsRoots, hostnameOverride }) => ({ mspId, endpoint: address, hostnameOverride, tlsRootCertificatePem: await readFile(tlsRoots, 'utf8') }))),
    clientTls,
    clock: () => new Date(),
    nowMs: () => performance.now(),
  });
}
