import { join, relative } from 'node:path';
import type { ConnectionProfile } from '@selvedge/client';
import { writeJson } from '@selvedge/service-kit/launch';
import type { OwnOrganisation } from './deployment.js';
import type { FabricFolder } from './folder.js';
import { businessNodesOf, isBusiness, isEndorser, nodeAddress } from './services.js';
import { clientTlsName, ensureServiceTls } from './tls-material.js';

/** The connection profile of clients, with absolute paths. @param client the organisation whose TLS certificates it names */
export async function connectionProfileOf({ layout, deployment }: FabricFolder, client: OwnOrganisation): Promise<ConnectionProfile> {
  const { network, channel, keyBroker, keyBrokerReplicas, computeNodes, viewers, organisations, policyChaincode } = deployment;
  const tls = await ensureServiceTls(layout, client, clientTlsName(client.mspId), []);
  return {
    network,
    channel,
    signedProfile: layout.profileFile,
    tls: { trustedRoots: layout.trustedRoots, ...tls },
    keyBroker: keyBroker.address,
    keyBrokerReplicas: keyBrokerReplicas.map(({ address }) => address),
    ledger: 'fabric',
    fabric: {
      peers: organisations.flatMap(({ mspId, peers }) =>
        peers.map(({ address, tlsRoots, hostnameOverride }) => ({ mspId, endpoint: address, tlsRootCertificate: tlsRoots, ...(hostnameOverride === undefined ? {} : { hostnameOverride }) })),
      ),
      policyChaincode,
      ...(client.own.clientTls === undefined ? {} : { tls: client.own.clientTls }),
    },
    // A business node shows the ledger as well.
    endorsers: organisations.filter((organisation) => isEndorser(organisation) && !isBusiness(organisation)).map((organisation) => ({ mspId: organisation.mspId, address: nodeAddress(organisation) })),
    businessNodes: businessNodesOf(deployment),
    computeNodes: computeNodes.map(({ nodeId, address }) => ({ nodeId, address })),
    ...(viewers.length === 0 ? {} : { viewers }),
  };
}

/** Writes network.json for clients; its paths start at its folder, so that the folder may be moved. */
export async function writeConnectionProfile(folder: FabricFolder, client: OwnOrganisation): Promise<void> {
  const { layout } = folder;
  const profile = await connectionProfileOf(folder, client);
  const at = (file: string): string => relative(layout.directory, file);
  const pair = ({ certificate, privateKey }: { readonly certificate: string; readonly privateKey: string }) => ({ certificate: at(certificate), privateKey: at(privateKey) });
  const { tls, fabric } = profile;
  await writeJson(layout.networkFile, {
    ...profile,
    pins: at(join(layout.directory, 'pins.json')),
    signedProfile: at(profile.signedProfile),
    tls: tls === 'off' ? tls : Object.fromEntries(Object.entries(tls).map(([key, file]) => [key, at(file as string)])),
    fabric: fabric && {
      ...fabric,
      peers: fabric.peers.map((peer) => ({ ...peer, tlsRootCertificate: at(peer.tlsRootCertificate) })),
      ...(fabric.tls === undefined ? {} : { tls: pair(fabric.tls) }),
    },
  });
}
