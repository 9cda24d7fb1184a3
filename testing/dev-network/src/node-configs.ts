import { join } from 'node:path';
import type { RoleName } from '@selvedge/errors';
import { keyPairFiles } from '@selvedge/service-kit/launch';
import { ORDERER, PEER, SUBMITTER } from './identities.js';
import type { Layout } from './layout.js';
import type { FollowedPeer } from './fabric/fabric-options.js';
import type { NetworkSettings, NodeService, ServiceName } from './options.js';
import { nodeTlsFiles } from './tls-files.js';

/** A node before it runs. */
export interface PlannedNode {
  readonly name: string;
  readonly service: NodeService;
  readonly mspId: string;
}

/** Where the other nodes are reached. */
export interface Endpoints {
  readonly sequencer: string;
  readonly keyBroker: string;
  /** Other replicas of the key broker. */
  readonly keyBrokerReplicas: readonly string[];
  /** Where the node itself is reached, once it has been started. */
  readonly self?: string | undefined;
  readonly endorsers: readonly { readonly mspId: string; readonly address: string }[];
  readonly businessNodes: readonly { readonly mspId: string; readonly address: string }[];
}

/** Role names as refusals carry them. */
export const ROLE_OF_SERVICE: Readonly<Record<NodeService, RoleName>> = {
  sequencer: 'sequencer',
  endorser: 'endorser',
  business: 'business',
  'key-broker': 'key-broker',
  compute: 'compute',
  viewer: 'viewer',
  submitter: 'submitter',
  orderer: 'ledger',
  peer: 'ledger',
  'policy-chaincode': 'ledger',
  'endorsement-chaincode': 'endorser',
};

const FIRST_BROKER = 'key-broker';
export const DATA_FOLDER = 'data';
export const LOG_FILE = 'log';
export const CONFIG_FILE = 'config.json';

/** The nodes of a network, compute nodes and those of Fabric apart. */
export function plannedNodes(settings: NetworkSettings): PlannedNode[] {
  const short = (mspId: string): string => mspId.replace(/MSP$/, '').toLowerCase();
  return [
    ...(settings.ledger === 'fabric' ? [] : [{ name: 'sequencer', service: 'sequencer' as const, mspId: settings.ordererOrganisation }]),
    ...settings.endorserOrganisations.map((mspId) => ({ name: `endorser-${short(mspId)}`, service: 'endorser' as const, mspId })),
    ...settings.businessOrganisations.map((mspId) => ({ name: `business-${short(mspId)}`, service: 'business' as const, mspId })),
    ...plannedBrokers(settings),
  ];
}

/** The viewers of a network that has them: one beside each business node. */
export function plannedViewers({ viewers, businessOrganisations }: NetworkSettings): PlannedNode[] {
  if (viewers !== true) return [];
  return businessOrganisations.map((mspId) => ({ name: `viewer-${mspId.replace(/MSP$/, '').toLowerCase()}`, service: 'viewer' as const, mspId }));
}

/** The submitters of a network that has any. */
export function plannedSubmitters({ submitters = [] }: NetworkSettings): PlannedNode[] {
  return submitters.map((mspId) => ({ name: `submitter-${mspId.replace(/MSP$/, '').toLowerCase()}`, service: 'submitter' as const, mspId }));
}

/** The replicas of the key broker; the first one makes the root. Different organisations operate them. */
export function plannedBrokers({ brokers = 1, ordererOrganisation, endorserOrganisations }: NetworkSettings): PlannedNode[] {
  const operators = [ordererOrganisation, ...endorserOrganisations];
  return Array.from({ length: brokers }, (_unused, i) => ({
    name: i === 0 ? FIRST_BROKER : `${FIRST_BROKER}-${String(i + 1)}`,
    service: 'key-broker',
    mspId: operators[i % operators.length] ?? ordererOrganisation,
  }));
}

/** The n-th compute node, from 1; the endorser organisations operate them in turn. */
export function plannedComputeNode(settings: NetworkSettings, n: number): PlannedNode {
  const operators = settings.endorserOrganisations;
  return { name: `compute-${String(n)}`, service: 'compute', mspId: operators[(n - 1) % operators.length] ?? settings.ordererOrganisation };
}

/** A node's configuration file. @param listen host:port; port 0 at the first start */
export function nodeConfig(layout: Layout, settings: NetworkSettings, node: PlannedNode & { readonly service: ServiceName }, listen: string, endpoints: Endpoints, peerToFollow?: FollowedPeer): Record<string, unknown> {
  const { network, channel } = settings;
  const directory = join(layout.nodeDirectory(node.name), DATA_FOLDER);
  const common = { listen, network, channel, tls: nodeTlsFiles(layout, node.name) };
  const followers = [...endpoints.endorsers, ...endpoints.businessNodes];
  const peer = keyPairFiles(layout.userDirectory(node.mspId, PEER));
  const platform = keyPairFiles(layout.platformDirectory(node.name));
  const tee = { signedProfile: layout.profileFile, tee: { kind: 'simulated', platformKeyFile: platform.privateKeyFile, platformCertificateFile: platform.certificateFile }, followers };
  switch (node.service) {
    case 'sequencer':
      return { ...common, directory, identity: { mspId: node.mspId, ...keyPairFiles(layout.userDirectory(node.mspId, ORDERER)) }, genesisFile: layout.genesisFile };
    case 'endorser':
    case 'business':
      return {
        ...common,
        mspId: node.mspId,
        signedProfile: layout.profileFile,
        identity: { certificate: peer.certificateFile, privateKey: peer.privateKeyFile },
        ledger: ledgerSection(layout, node, endpoints, peerToFollow),
        directory,
      };
    case 'key-broker':
      return { ...common, ...tee, storeDirectory: directory, ...replicationSection(node, endpoints, { mspId: node.mspId, ...peer }) };
    case 'compute':
      return {
        ...common,
        ...tee,
        nodeId: node.name,
        keyBroker: endpoints.keyBroker,
        keyBrokerReplicas: endpoints.keyBrokerReplicas,
        businessNodes: endpoints.businessNodes,
        packageStore: layout.packages,
        runDirectory: directory,
        operator: { mspId: node.mspId, ...peer },
      };
    case 'viewer':
      return {
        ...common,
        ...tee,
        nodeId: node.name,
        keyBroker: endpoints.keyBroker,
        keyBrokerReplicas: endpoints.keyBrokerReplicas,
        businessNodes: endpoints.businessNodes.filter(({ mspId }) => mspId === node.mspId),
        storeDirectory: directory,
        operator: { mspId: node.mspId, ...peer },
      };
    case 'submitter': {
      const user = keyPairFiles(layout.userDirectory(node.mspId, SUBMITTER));
      return {
        listen,
        tls: common.tls,
        connectionProfile: layout.networkFile,
        mspId: node.mspId,
        identity: { certificate: user.certificateFile, privateKey: user.privateKeyFile },
        clientRoots: keyPairFiles(layout.tlsCaDirectory(node.mspId)).certificateFile,
      };
    }
  }
}

/** Of a replica that has others to ask; the first one has none yet when the network begins. */
function replicationSection(node: PlannedNode, { keyBroker, keyBrokerReplicas, self }: Endpoints, operator: Record<string, string>): Record<string, unknown> {
  const replicas = [keyBroker, ...keyBrokerReplicas].filter((address) => address !== '' && address !== self);
  return replicas.length === 0 ? {} : { replication: { replicas, joins: node.name !== FIRST_BROKER, operator } };
}

/** Where a follower gets blocks: the sequencer, or its organisation's own peer, which it calls with its own TLS certificate. */
function ledgerSection(layout: Layout, node: PlannedNode, endpoints: Endpoints, peer: FollowedPeer | undefined): Record<string, unknown> {
  if (peer === undefined) return { kind: 'embedded', sequencer: endpoints.sequencer };
  const { certificate: clientCertificate, privateKey: clientKey } = nodeTlsFiles(layout, node.name);
  return { kind: 'fabric', peer: { ...peer, clientCertificate, clientKey } };
}
