import { X509Certificate } from 'node:crypto';
import { Server, ServerCredentials, status, type ServerDuplexStream } from '@grpc/grpc-js';
import { common, orderer, peer } from '@hyperledger/fabric-protos';
import { sha256, toHex } from '@selvedge/crypto';
import { createTestConsortium, refusalCode, refusalCodeOf, type TestConsortium } from '@selvedge/fixtures';
import { createFabricChain } from '@selvedge/fixtures/fabric';
import { createDevTlsCa, type DevTlsCa } from '@selvedge/identity';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectToPeer, type PeerConnectionOptions } from '../peer-connection.js';
import { createFabricBlockSource, type DeliveredBlock, type FabricBlockSource } from './block-source.js';

type Call = ServerDuplexStream<Buffer, Buffer>;

const NEVER = new AbortController().signal;

let consortium: TestConsortium;
let ca: DevTlsCa;
let serverTls: { readonly certificatePem: string; readonly privateKeyPem: string };
let closing: (() => unknown)[] = [];
beforeAll(async () => {
  consortium = await createTestConsortium();
  ca = await createDevTlsCa('AuroraMSP', { now: consortium.now });
  serverTls = await ca.issueTls({ commonName: 'peer', hosts: ['127.0.0.1', 'peer.aurora'] });
});
afterEach(() => {
  for (const close of closing.reverse()) close();
  closing = [];
});

/** A peer's deliver service that answers with what a function says. */
async function startPeer(answer: (method: string, request: Buffer, call: Call) => void, clientRoots: string | null = null): Promise<number> {
  const raw = (bytes: Buffer): Buffer => bytes;
  const definition = (name: string) => ({ path: `/protos.Deliver/${name}`, requestStream: true, responseStream: true, requestSerialize: raw, requestDeserialize: raw, responseSerialize: raw, responseDeserialize: raw });
  const handler = (name: string) => (call: Call) => { call.on('data', (request: Buffer) => { answer(name, request, call); }); call.on('error', () => undefined); };
  const server = new Server({ 'grpc.max_send_message_length': -1 });
  server.addService({ deliver: definition('Deliver'), both: definition('DeliverWithPrivateData') }, { deliver: handler('Deliver'), both: handler('DeliverWithPrivateData') });
  const pair = [{ cert_chain: Buffer.from(serverTls.certificatePem), private_key: Buffer.from(serverTls.privateKeyPem) }];
  const credentials = ServerCredentials.createSsl(clientRoots === null ? null : Buffer.from(clientRoots), pair, clientRoots !== null);
  closing.push(() => { server.forceShutdown(); });
  return new Promise((resolve, reject) => { server.bindAsync('127.0.0.1:0', credentials, (error, port) => { if (error) reject(error); else resolve(port); }); });
}

function sourceAt(port: number, options: Partial<PeerConnectionOptions> = {}, withPrivateData = true): FabricBlockSource {
  const connection = connectToPeer({ endpoint: `127.0.0.1:${String(port)}`, tlsRootCertificatePem: ca.rootCertificatePem, ...options });
  closing.push(() => { connection.close(); });
  return createFabricBlockSource({ connection, channel: 'trade', signer: consortium.organisation('AuroraMSP').peer.signer, now: () => consortium.now, withPrivateData });
}

async function collect(blocks: AsyncIterable<DeliveredBlock>): Promise<bigint[]> {
  const numbers: bigint[] = [];
  for await (const { block } of blocks) numbers.push(block.number);
  return numbers;
}

const statusBytes = (code: 200 | 400 | 403 | 404 | 503): Buffer => {
  const response = new peer.DeliverResponse();
  response.setStatus(code);
  return Buffer.from(response.serializeBinary());
};
const chain = createFabricChain('trade');
chain.add({ transaction: chain.transaction({ chaincode: 'c' }) });

describe('createFabricBlockSource', () => {
  it('sends a signed request for the channel’s blocks, and gives them', async () => {
    const requests: Buffer[] = [];
    const methods: string[] = [];
    const port = await startPeer((method, request, call) => {
      requests.push(request);
      methods.push(method);
      for (const block of chain.blocks) call.write(Buffer.from(block));
      call.write(statusBytes(200));
    });
    expect(await collect(sourceAt(port).read(0n, 1n, NEVER))).toEqual([0n, 1n]);
    await collect(sourceAt(port, {}, false).read(1n, 1n, NEVER));
    expect(methods).toEqual(['DeliverWithPrivateData', 'Deliver']);
    const envelope = common.Envelope.deserializeBinary(requests[0]!);
    const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
    const channelHeader = common.ChannelHeader.deserializeBinary(payload.getHeader()!.getChannelHeader_asU8());
    expect([channelHeader.getType(), channelHeader.getChannelId(), (channelHeader.getTimestamp() as unknown as { toDate(): Date }).toDate().getTime()]).toEqual([common.HeaderType.DELIVER_SEEK_INFO, 'trade', consortium.now.getTime()]);
    const identity = common.SignatureHeader.deserializeBinary(payload.getHeader()!.getSignatureHeader_asU8()).getCreator_asU8();
    expect(consortium.profile.msps.verifySignature({ identity, signature: envelope.getSignature_asU8() }, envelope.getPayload_asU8(), { role: 'peer' }).mspId).toBe('AuroraMSP');
    const seek = orderer.SeekInfo.deserializeBinary(payload.getData_asU8());
    expect([seek.getStart()!.getSpecified()!.getNumber(), seek.getStop()!.getSpecified()!.getNumber(), seek.getBehavior()]).toEqual([0, 1, orderer.SeekInfo.SeekBehavior.FAIL_IF_NOT_READY]);
  });

  it('follows until it is aborted', async () => {
    let seek: orderer.SeekInfo | undefined;
    const port = await startPeer((_method, request, call) => {
      seek = orderer.SeekInfo.deserializeBinary(common.Payload.deserializeBinary(common.Envelope.deserializeBinary(request).getPayload_asU8()).getData_asU8());
      call.write(Buffer.from(chain.blocks[1]!));
    });
    const stop = new AbortController();
    const numbers: bigint[] = [];
    for await (const { block } of sourceAt(port).follow(1n, stop.signal)) {
      numbers.push(block.number);
      stop.abort();
    }
    expect(numbers).toEqual([1n]);
    expect([seek!.getStart()!.getSpecified()!.getNumber(), seek!.getBehavior()]).toEqual([1, orderer.SeekInfo.SeekBehavior.BLOCK_UNTIL_READY]);
    expect(seek!.getStop()!.getSpecified()!.getNumber()).toBeGreaterThan(Number.MAX_SAFE_INTEGER - 1);
    expect(await collect(sourceAt(port).follow(1n, AbortSignal.abort()))).toEqual([]);
  });

  it('receives blocks of any size', async () => {
    const large = createFabricChain('trade');
    large.add({ transaction: large.transaction({ chaincode: 'c', responsePayload: new Uint8Array(20 * 1024 * 1024) }) });
    const port = await startPeer((_method, _request, call) => {
      call.write(Buffer.from(large.blocks[1]!));
      call.write(statusBytes(200));
    });
    expect(await collect(sourceAt(port).read(1n, 1n, NEVER))).toEqual([1n]);
  });

  it.each([[403, 'FABRIC_REFUSED'], [400, 'FABRIC_REFUSED'], [404, 'UNAVAILABLE'], [503, 'UNAVAILABLE']] as const)('tells of status %i', async (code, refusal) => {
    const port = await startPeer((_method, _request, call) => { call.write(statusBytes(code)); });
    expect(await refusalCodeOf(collect(sourceAt(port).follow(0n, NEVER)))).toBe(refusal);
  });

  it('tells of what does not parse, and of a stream that breaks', async () => {
    const garbled = await startPeer((_method, _request, call) => { call.write(Buffer.of(0xff)); });
    expect(await refusalCodeOf(collect(sourceAt(garbled).follow(0n, NEVER)))).toBe('LEDGER_CORRUPT');
    const broken = await startPeer((_method, _request, call) => { call.emit('error', { code: status.INTERNAL, details: 'no' }); });
    expect(await refusalCodeOf(collect(sourceAt(broken).follow(0n, NEVER)))).toBe('UNAVAILABLE');
    expect(await refusalCodeOf(collect(sourceAt(1).follow(0n, NEVER)))).toBe('UNAVAILABLE');
  });

  it('speaks with the peer of its roots alone, by the name in its certificate', async () => {
    const port = await startPeer((_method, _request, call) => { call.write(statusBytes(200)); });
    const other = await createDevTlsCa('AuroraMSP', { now: consortium.now });
    expect(await refusalCodeOf(collect(sourceAt(port, { tlsRootCertificatePem: other.rootCertificatePem }).follow(0n, NEVER)))).toBe('UNAVAILABLE');
    expect(await refusalCodeOf(collect(sourceAt(port, { hostnameOverride: 'peer.borealis' }).follow(0n, NEVER)))).toBe('UNAVAILABLE');
    expect(await collect(sourceAt(port, { hostnameOverride: 'peer.aurora' }).follow(0n, NEVER))).toEqual([]);
    expect(refusalCode(() => connectToPeer({ endpoint: 'x:1', tlsRootCertificatePem: 'no', clientTls: { certificatePem: 'no', privateKeyPem: 'no' } }))).toBe('INVALID_CONFIGURATION');
  });

  it('shows its client certificate where the peer asks for one, and names it in the request', async () => {
    const own = await ca.issueTls({ commonName: 'node', hosts: [] });
    let hash = '';
    const port = await startPeer((_method, request, call) => {
      const header = common.Payload.deserializeBinary(common.Envelope.deserializeBinary(request).getPayload_asU8()).getHeader()!;
      hash = toHex(common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8()).getTlsCertHash_asU8());
      call.write(statusBytes(200));
    }, ca.rootCertificatePem);
    expect(await collect(sourceAt(port, { clientTls: own }).follow(0n, NEVER))).toEqual([]);
    expect(hash).toBe(toHex(sha256(new X509Certificate(own.certificatePem).raw)));
    expect(await refusalCodeOf(collect(sourceAt(port).follow(0n, NEVER)))).toBe('UNAVAILABLE');
  });
});
