import { Metadata } from '@grpc/grpc-js';
import { discovery, gossip } from '@hyperledger/fabric-protos';
import { SelvedgeError } from '@selvedge/errors';
import type { Signer } from '@selvedge/identity';
import { connectToPeer, type PeerConnection, type PeerConnectionOptions } from '../peer-connection.js';

/** A peer of a channel, as another peer sees it. */
export interface ChannelPeer {
  readonly mspId: string;
  /** host:port. */
  readonly endpoint: string;
  /** Blocks that it said to have. */
  readonly ledgerHeight: bigint;
  /** Names of committed chaincodes that it runs. */
  readonly chaincodes: readonly string[];
}

/** How to ask a peer. Discovery takes callers with a TLS certificate only. */
export type DiscoveryTarget = PeerConnectionOptions & Required<Pick<PeerConnectionOptions, 'clientTls'>>;

/** What is used of google-protobuf's map, which comes without types. */
interface PeersByOrganisation {
  forEach(visit: (peers: discovery.Peers, mspId: string) => void): void;
}

const METHOD = '/discovery.Discovery/Discover';

/**
 * Asks a peer's discovery service which peers it knows on a channel (itself included) and what they run.
 * Throws UNAVAILABLE when it does not answer, FABRIC_COMMAND_FAILED when it refuses.
 */
export async function queryChannelPeers(target: DiscoveryTarget, channel: string, signer: Signer, timeoutMs: number): Promise<ChannelPeer[]> {
  const connection = connectToPeer(target);
  try {
    const payload = request(connection, channel, signer);
    const signed = new discovery.SignedRequest();
    signed.setPayload(payload);
    signed.setSignature(signer.sign(payload));
    const response = discovery.Response.deserializeBinary(await call(connection, signed.serializeBinary(), timeoutMs));
    const [result] = response.getResultsList();
    const members = result?.getMembers();
    if (members === undefined) {
      throw new SelvedgeError('FABRIC_COMMAND_FAILED', `discovery at ${target.endpoint}: ${result?.getError()?.getContent() ?? 'no answer'} — check that the peer has joined the channel and knows the organisation`, { role: 'cli' });
    }
    const found: ChannelPeer[] = [];
    (members.getPeersByOrgMap() as PeersByOrganisation).forEach((peers, mspId) => {
      found.push(...peers.getPeersList().flatMap((peer) => peerOf(mspId, peer)));
    });
    return found;
  } finally {
    connection.close();
  }
}

function request(connection: PeerConnection, channel: string, signer: Signer): Uint8Array {
  const authentication = new discovery.AuthInfo();
  authentication.setClientIdentity(signer.serialized);
  authentication.setClientTlsCertHash(connection.tlsCertificateHash ?? new Uint8Array(0));
  const query = new discovery.Query();
  query.setChannel(channel);
  query.setPeerQuery(new discovery.PeerMembershipQuery());
  const message = new discovery.Request();
  message.setAuthentication(authentication);
  message.setQueriesList([query]);
  return message.serializeBinary();
}

function peerOf(mspId: string, peer: discovery.Peer): ChannelPeer[] {
  const membership = peer.getMembershipInfo();
  const state = peer.getStateInfo();
  if (membership === undefined || state === undefined) return [];
  const endpoint = gossip.GossipMessage.deserializeBinary(membership.getPayload_asU8()).getAliveMsg()?.getMembership()?.getEndpoint() ?? '';
  const properties = gossip.GossipMessage.deserializeBinary(state.getPayload_asU8()).getStateInfo()?.getProperties();
  if (properties === undefined) return [];
  return [{ mspId, endpoint, ledgerHeight: BigInt(properties.getLedgerHeight()), chaincodes: properties.getChaincodesList().map((chaincode) => chaincode.getName()) }];
}

function call({ client, endpoint }: PeerConnection, signed: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
  return new Promise<Uint8Array>((resolve, reject) => {
    // gRPC takes deadlines by the wall clock.
    const options = { deadline: new Date(new Date().getTime() + timeoutMs) };
    client.makeUnaryRequest(METHOD, (value: Uint8Array) => Buffer.from(value), (value: Buffer) => new Uint8Array(value), signed, new Metadata(), options, (error, value) => {
      if (value !== undefined) resolve(value);
      else reject(new SelvedgeError('UNAVAILABLE', `discovery at ${endpoint} does not answer: ${error?.details ?? 'no message'}`, { role: 'cli' }));
    });
  });
}
