import { SelvedgeError } from '@selvedge/errors';
import { optionalText, refuseOthers, requireList, requireRecord, requireText } from './profile-fields.js';

/** A Fabric peer that clients may connect to. */
export interface FabricPeerEndpoint {
  readonly mspId: string;
  /** host:port. */
  readonly endpoint: string;
  /** PEM file: root of the peer's TLS certificate. */
  readonly tlsRootCertificate: string;
  /** Name that the peer's TLS certificate carries, where it is not the endpoint's host. */
  readonly hostnameOverride?: string | undefined;
}

/** How a client reaches Hyperledger Fabric. Relative paths start at the connection profile's folder. */
export interface FabricSection {
  /** One at least. */
  readonly peers: readonly FabricPeerEndpoint[];
  /** Endpoints of the peers whose gateway service is used, in the order of preference. Default: the peers of the client's own organisation, then all others. */
  readonly gatewayPeers?: readonly string[] | undefined;
  /** Name under which the policy chaincode is deployed. Default: selvedge-policy. */
  readonly policyChaincode?: string | undefined;
  /** PEM files of the client's own TLS certificate, where peers ask for one. */
  readonly tls?: { readonly certificate: string; readonly privateKey: string } | undefined;
}

const ENDPOINT = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(?<port>\d{1,5})$/;
const MAX_PORT = 65_535;

/** Checks an untrusted value as the section. Throws INVALID_CONFIGURATION and names the setting. */
export function parseFabricSection(value: unknown): FabricSection {
  const record = requireRecord('connection profile: fabric', value);
  refuseOthers('fabric', record, ['peers', 'gatewayPeers', 'policyChaincode', 'tls']);
  const peers = requireList(record, 'peers').map(parsePeer);
  if (peers.length === 0) throw refusal('fabric.peers must name one peer at least');
  if (new Set(peers.map(({ endpoint }) => endpoint)).size < peers.length) throw refusal('fabric.peers names an endpoint twice');
  return { peers, ...parseGatewayPeers(record.gatewayPeers, peers), ...optionalText(record, 'policyChaincode'), ...parseTls(record.tls) };
}

/** The peers whose gateway service a client of this organisation uses, in the order of preference. */
export function gatewayPeersFor(section: FabricSection, mspId: string): readonly FabricPeerEndpoint[] {
  const { peers, gatewayPeers } = section;
  if (gatewayPeers !== undefined) return gatewayPeers.flatMap((endpoint) => peers.filter((peer) => peer.endpoint === endpoint));
  return [...peers.filter((peer) => peer.mspId === mspId), ...peers.filter((peer) => peer.mspId !== mspId)];
}

function parsePeer(item: Record<string, unknown>): FabricPeerEndpoint {
  refuseOthers('a peer of fabric.peers', item, ['mspId', 'endpoint', 'tlsRootCertificate', 'hostnameOverride']);
  const endpoint = requireText(item, 'endpoint');
  const port = Number(ENDPOINT.exec(endpoint)?.groups?.port ?? 0);
  if (port < 1 || port > MAX_PORT) throw refusal(`endpoint ${JSON.stringify(endpoint)} is not host:port`);
  return { mspId: requireText(item, 'mspId'), endpoint, tlsRootCertificate: requireText(item, 'tlsRootCertificate'), ...optionalText(item, 'hostnameOverride') };
}

function parseGatewayPeers(value: unknown, peers: readonly FabricPeerEndpoint[]): Pick<FabricSection, 'gatewayPeers'> {
  if (value === undefined) return {};
  if (!Array.isArray(value) || value.length === 0) throw refusal('fabric.gatewayPeers must be a list of endpoints, one at least');
  const gatewayPeers = value.map((endpoint: unknown) => {
    const peer = peers.find((known) => known.endpoint === endpoint);
    if (peer === undefined) throw refusal(`fabric.gatewayPeers names ${JSON.stringify(endpoint)}, which fabric.peers does not`);
    return peer.endpoint;
  });
  return { gatewayPeers };
}

function parseTls(value: unknown): Pick<FabricSection, 'tls'> {
  if (value === undefined) return {};
  const record = requireRecord('connection profile: fabric.tls', value);
  refuseOthers('fabric.tls', record, ['certificate', 'privateKey']);
  return { tls: { certificate: requireText(record, 'certificate'), privateKey: requireText(record, 'privateKey') } };
}

function refusal(text: string): SelvedgeError {
  return new SelvedgeError('INVALID_CONFIGURATION', `connection profile: ${text}`);
}
