import { join } from 'node:path';
import { keyPairFiles } from '@selvedge/service-kit/launch';
import type { Deployment, OwnOrganisation } from './deployment.js';
import type { FabricLayout } from './folder-layout.js';
import type { MspIdentityFiles } from './msp-folder.js';
import { brokersOf, businessNodesOf, FIRST_BROKER, followersOf, type PlannedService } from './services.js';

/** What a process's configuration names beside the deployment. */
export interface ServiceMaterial {
  readonly organisation: OwnOrganisation;
  /** TLS certificate of the process. */
  readonly tls: { readonly certificate: string; readonly privateKey: string };
  /** The organisation's peer identity. */
  readonly identity: MspIdentityFiles;
  /** Of a chaincode: id of the package that its peer installs. */
  readonly packageId?: string | undefined;
}

const DATA_FOLDER = 'data';

/** Content of a process's configuration file; services/<service>/src/config.ts says what each setting means. */
export function serviceConfig(layout: FabricLayout, deployment: Deployment, service: PlannedService, material: ServiceMaterial): Record<string, unknown> {
  const { network, channel, policyChaincode } = deployment;
  const { organisation, identity, packageId } = material;
  const { listen, name, mspId } = service;
  const data = join(layout.serviceDirectory(name), DATA_FOLDER);
  const common = { listen, network, channel, tls: { ...material.tls, trustedRoots: layout.trustedRoots } };
  // A chaincode's server takes calls of its own organisation's peer alone.
  const chaincode = { ...common, tls: { ...material.tls, trustedRoots: layout.sharedTlsRoot(mspId) }, packageId };
  const platform = keyPairFiles(layout.platform(name));
  const tee = {
    ...common,
    signedProfile: layout.profileFile,
    tee: { kind: 'simulated', platformKeyFile: platform.privateKeyFile, platformCertificateFile: platform.certificateFile },
    followers: followersOf(deployment),
  };
  const teeNode = {
    nodeId: name,
    keyBroker: deployment.keyBroker.address,
    keyBrokerReplicas: deployment.keyBrokerReplicas.map(({ address }) => address),
    operator: { mspId, certificateFile: identity.certificateFile, privateKeyFile: identity.privateKeyFile },
  };
  switch (service.service) {
    case 'policy-chaincode':
      return { ...chaincode, signedProfile: layout.anchorFile };
    case 'endorsement-chaincode':
      return { ...chaincode, contract: service.contract, policyChaincode };
    case 'endorser':
    case 'business':
      return {
        ...common,
        mspId,
        signedProfile: layout.anchorFile,
        currentProfile: layout.profileFile,
        identity: { certificate: identity.certificateFile, privateKey: identity.privateKeyFile },
        ledger: { kind: 'fabric', peer: followedPeer(organisation), policyChaincode },
        directory: data,
        ...(service.service === 'business' && organisation.own.plaintextStore !== undefined ? { plaintext: { store: organisation.own.plaintextStore } } : {}),
      };
    case 'key-broker':
      return { ...tee, storeDirectory: data, ...replicationSection(deployment, service, identity) };
    case 'compute':
      return { ...tee, ...teeNode, businessNodes: businessNodesOf(deployment), packageStore: layout.packages, runDirectory: data };
    case 'viewer':
      return { ...tee, ...teeNode, businessNodes: businessNodesOf(deployment).filter((node) => node.mspId === mspId), storeDirectory: data };
  }
}

/** Of a key broker that has other replicas to ask. */
function replicationSection(deployment: Deployment, { name, mspId, address }: PlannedService, { certificateFile, privateKeyFile }: MspIdentityFiles): Record<string, unknown> {
  const replicas = brokersOf(deployment).map((broker) => broker.address).filter((other) => other !== address);
  return replicas.length === 0 ? {} : { replication: { replicas, joins: name !== FIRST_BROKER, operator: { mspId, certificateFile, privateKeyFile } } };
}

/** The organisation's own peer, as its follower reaches it. */
function followedPeer({ peers, own }: OwnOrganisation): Record<string, unknown> {
  const [peer] = peers;
  return {
    endpoint: peer?.address,
    tlsRootCertificate: peer?.tlsRoots,
    ...(peer?.hostnameOverride === undefined ? {} : { hostnameOverride: peer.hostnameOverride }),
    ...(own.clientTls === undefined ? {} : { clientCertificate: own.clientTls.certificate, clientKey: own.clientTls.privateKey }),
  };
}
