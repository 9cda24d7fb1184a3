import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { create } from '@bufbuild/protobuf';
import { createDevTlsCa } from '@selvedge/identity';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { BlockSchema, Sequencer, SubmitAnswerSchema } from '@selvedge/protocol';
import { connectRpc, implement, startRpcServer, type RpcConnection, type RpcServer, type TlsMaterial } from '@selvedge/rpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRecordingProxy, type RecordingProxy } from './recording-proxy.js';

const LARGE = 2 * 1024 * 1024;
const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-proxy-'));
const bodies = path.join(folder, 'bodies');
const headers = path.join(folder, 'headers');

const service = implement(Sequencer, {
  async submit({ transaction }) {
    if (Buffer.from(transaction).toString() === 'fail') throw new SelvedgeError('OVERLOADED', 'full of words, 100%', { role: 'sequencer' });
    return create(SubmitAnswerSchema, { blockNumber: BigInt(transaction.length), index: 7 });
  },
  async *deliver({ fromBlock }, { signal }) {
    for (let number = 0; number < 3; number += 1) yield create(BlockSchema, { header: Buffer.from(`block ${String(fromBlock)}.${String(number)}`), transactions: [Buffer.alloc(20_000, number + 1)] });
    if (fromBlock === 9n) throw new SelvedgeError('DRAINING', 'after three blocks');
    if (fromBlock === 5n) await new Promise((resolve) => { signal.addEventListener('abort', resolve); });
  },
});

describe('the recording proxy, between a gRPC client and server', () => {
  let serverTls: TlsMaterial;
  let server: RpcServer;
  let proxy: RecordingProxy;
  let connection: RpcConnection;

  beforeAll(async () => {
    const [serving, between] = [await createDevTlsCa('serving'), await createDevTlsCa('between')];
    const trustedRootsPem = serving.rootCertificatePem + between.rootCertificatePem;
    serverTls = { ...(await serving.issueTls({ commonName: 'server', hosts: ['127.0.0.1'] })), trustedRootsPem: between.rootCertificatePem };
    const tls = { ...(await between.issueTls({ commonName: 'proxy', hosts: ['127.0.0.1'] })), trustedRootsPem };
    server = await startRpcServer({ role: 'sequencer', address: '127.0.0.1:0', tls: serverTls, services: [service] });
    proxy = await startRecordingProxy({ target: server.address, tls, file: bodies, headersFile: headers });
    connection = connectRpc(proxy.address, { tls: { ...(await serving.issueTls({ commonName: 'client', hosts: [] })), trustedRootsPem: between.rootCertificatePem } });
  });

  afterAll(async () => {
    connection.close();
    await proxy.close();
    await server.close(100);
    rmSync(folder, { recursive: true, force: true });
  });

  const blocksFrom = async (fromBlock: bigint, atMost = Infinity): Promise<string[]> => {
    const seen: string[] = [];
    for await (const block of connection.client(Sequencer).deliver({ fromBlock })) {
      seen.push(Buffer.from(block.header).toString());
      if (seen.length >= atMost) break;
    }
    return seen;
  };

  it('passes calls on, many at once, and records both bodies', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_unused, index) => connection.client(Sequencer).submit({ transaction: Buffer.from('r'.repeat(index)) })));
    expect(answers.map(({ blockNumber }) => Number(blockNumber))).toEqual(Array.from({ length: 20 }, (_unused, index) => index));
    expect(readFileSync(bodies).includes('r'.repeat(19))).toBe(true);
  });

  it('records a body of megabytes without a cut, while others pass', async () => {
    const pattern = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyz');
    const transaction = Buffer.alloc(LARGE, pattern);
    const answers = await Promise.all([transaction, Buffer.alloc(LARGE, 'other'), Buffer.alloc(LARGE, 'third')].map((bytes) => connection.client(Sequencer).submit({ transaction: bytes })));
    expect(answers.map(({ blockNumber }) => Number(blockNumber))).toEqual([LARGE, LARGE, LARGE]);
    // Every repetition is there in one piece, wherever the frames ended.
    const recorded = readFileSync(bodies).toString('latin1');
    expect(recorded.split(pattern.toString()).length - 1).toBeGreaterThanOrEqual(Math.floor(LARGE / pattern.length));
  });

  it('passes refusals on with their metadata, and records them decoded', async () => {
    const refusal = await connection.client(Sequencer).submit({ transaction: Buffer.from('fail') }).catch((error: unknown) => error);
    expect(isSelvedgeError(refusal, 'OVERLOADED') && refusal.role === 'sequencer' && refusal.message).toBe('full of words, 100%');
    const recorded = readFileSync(headers, 'latin1');
    expect(recorded).toContain(':path: /selvedge.v1.Sequencer/Submit');
    expect(recorded).toContain('grpc-message: OVERLOADED:%20full%20of%20words');
    expect(recorded).toContain('OVERLOADED: full of words, 100%');
    expect(recorded).toMatch(/selvedge-refusal-bin: \S+\n[^]*sequencer[^]*full of words/);
  });

  it('passes streams on: whole, broken off by the server, and given up by the client', async () => {
    expect(await blocksFrom(1n)).toEqual(['block 1.0', 'block 1.1', 'block 1.2']);
    await expect(blocksFrom(9n)).rejects.toMatchObject({ code: 'DRAINING', message: 'after three blocks' });
    expect(await blocksFrom(5n, 2)).toEqual(['block 5.0', 'block 5.1']);
    expect(readFileSync(bodies, 'latin1')).toContain('block 9.2');
    expect(readFileSync(headers, 'latin1')).toContain('DRAINING: after three blocks');
  });

  it('lets a client know that the server is gone, and finds it again', async () => {
    const { address } = server;
    await server.close(0);
    await expect(connection.client(Sequencer).submit({ transaction: Buffer.from('x') })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    server = await startRpcServer({ role: 'sequencer', address, tls: serverTls, services: [service] });
    const answer = await connection.client(Sequencer).submit({ transaction: Buffer.from('xy') });
    expect(answer.blockNumber).toBe(2n);
  });
});
