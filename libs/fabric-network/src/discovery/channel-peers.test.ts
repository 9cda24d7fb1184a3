import { createHash, X509Certificate } from 'node:crypto';
import { discovery, gossip } from '@hyperledger/fabric-protos';
import { Server, ServerCredentials, status, type handleUnaryCall } from '@grpc/grpc-js';
import { createDevCa, createDevTlsCa, createSigner, type Signer } from '@selvedge/identity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queryChannelPeers, type DiscoveryTarget } from './channel-peers.js';

type Answer = (request: discovery.SignedRequest) => discovery.Response;

let server: Server;
let target: DiscoveryTarget;
let signer: Signer;
let answer: Answer | undefined;

beforeAll(async () => {
  const tlsCa = await createDevTlsCa('AMSP');
  const own = await tlsCa.issueTls({ commonName: 'peer', hosts: ['localhost'] });
  signer = createSigner({ mspId: 'AMSP', ...(await (await createDevCa('AMSP')).issue({ commonName: 'Admin@a', role: 'admin' })) });
  server = new Server();
  const discover: handleUnaryCall<Buffer, Buffer> = (call, done) => {
    if (answer === undefined) done({ code: status.UNAVAILABLE, details: 'starting' });
    else done(null, Buffer.from(answer(discovery.SignedRequest.deserializeBinary(call.request)).serializeBinary()));
  };
  const bytes = (value: Buffer): Buffer => value;
  server.addService(
    { discover: { path: '/discovery.Discovery/Discover', requestStream: false, responseStream: false, requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes } },
    { discover },
  );
  const credentials = ServerCredentials.createSsl(Buffer.from(tlsCa.rootCertificatePem), [{ cert_chain: Buffer.from(own.certificatePem), private_key: Buffer.from(own.privateKeyPem) }], true);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  const clientTls = await tlsCa.issueTls({ commonName: 'client', hosts: [] });
  target = { endpoint: `127.0.0.1:${String(port)}`, tlsRootCertificatePem: tlsCa.rootCertificatePem, hostnameOverride: 'localhost', clientTls };
});
afterAll(() => {
  server.forceShutdown();
});

function peer(endpoint: string, height: number, chaincodes: readonly string[]): discovery.Peer {
  const member = new gossip.Member();
  member.setEndpoint(endpoint);
  const alive = new gossip.AliveMessage();
  alive.setMembership(member);
  const properties = new gossip.Properties();
  properties.setLedgerHeight(height);
  properties.setChaincodesList(chaincodes.map((name) => {
    const chaincode = new gossip.Chaincode();
    chaincode.setName(name);
    return chaincode;
  }));
  const state = new gossip.StateInfo();
  state.setProperties(properties);
  const envelope = (fill: (message: gossip.GossipMessage) => void): gossip.Envelope => {
    const message = new gossip.GossipMessage();
    fill(message);
    const wrapped = new gossip.Envelope();
    wrapped.setPayload(message.serializeBinary());
    return wrapped;
  };
  const found = new discovery.Peer();
  found.setMembershipInfo(envelope((message) => { message.setAliveMsg(alive); }));
  found.setStateInfo(envelope((message) => { message.setStateInfo(state); }));
  return found;
}

function members(byOrganisation: Readonly<Record<string, readonly discovery.Peer[]>>): discovery.Response {
  const result = new discovery.PeerMembershipResult();
  for (const [mspId, list] of Object.entries(byOrganisation)) {
    const peers = new discovery.Peers();
    peers.setPeersList([...list]);
    (result.getPeersByOrgMap() as { set(key: string, value: discovery.Peers): void }).set(mspId, peers);
  }
  const query = new discovery.QueryResult();
  query.setMembers(result);
  const response = new discovery.Response();
  response.setResultsList([query]);
  return response;
}

describe('queryChannelPeers', () => {
  it('asks as the signer, bound to its TLS certificate, and reads what peers say of themselves', async () => {
    let seen: discovery.Request | undefined;
    answer = (signed) => {
      seen = discovery.Request.deserializeBinary(signed.getPayload_asU8());
      return members({ AMSP: [peer('a:7051', 12, ['diamonds'])], BMSP: [peer('b:7051', 11, []), new discovery.Peer()] });
    };
    expect(await queryChannelPeers(target, 'main', signer, 5_000)).toEqual([
      { mspId: 'AMSP', endpoint: 'a:7051', ledgerHeight: 12n, chaincodes: ['diamonds'] },
      { mspId: 'BMSP', endpoint: 'b:7051', ledgerHeight: 11n, chaincodes: [] },
    ]);
    expect(seen?.getQueriesList().map((query) => query.getChannel())).toEqual(['main']);
    expect(Buffer.from(seen?.getAuthentication()?.getClientIdentity_asU8() ?? [])).toEqual(Buffer.from(signer.serialized));
    const hash = createHash('sha256').update(new X509Certificate(target.clientTls!.certificatePem).raw).digest();
    expect(Buffer.from(seen?.getAuthentication()?.getClientTlsCertHash_asU8() ?? [])).toEqual(hash);
  });

  it('says what the peer refused with', async () => {
    answer = () => {
      const error = new discovery.Error();
      error.setContent('access denied');
      const query = new discovery.QueryResult();
      query.setError(error);
      const response = new discovery.Response();
      response.setResultsList([query]);
      return response;
    };
    await expect(queryChannelPeers(target, 'main', signer, 5_000)).rejects.toMatchObject({ code: 'FABRIC_COMMAND_FAILED', message: expect.stringContaining('access denied') as string });
  });

  it('says when the peer does not answer', async () => {
    answer = undefined;
    await expect(queryChannelPeers(target, 'main', signer, 5_000)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
