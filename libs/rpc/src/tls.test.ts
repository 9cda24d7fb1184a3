import { createServer, type Server as TcpServer } from 'node:net';
import { connect as connectTls, createSecureContext, type ConnectionOptions } from 'node:tls';
import { createDevCa, createDevTlsCa, type DevTlsCa } from '@selvedge/identity';
import { create } from '@bufbuild/protobuf';
import { Sequencer, SubmitAnswerSchema } from '@selvedge/protocol';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectRpc, implement, startRpcServer, type RpcServer, type TlsMaterial, type TlsSetting } from './index.js';

const DAY_MS = 86_400_000;
const LOCAL = '127.0.0.1:0';
const services = [implement(Sequencer, { submit: () => Promise.resolve(create(SubmitAnswerSchema, { index: 1 })), deliver: () => { throw new Error('not asked'); } })];

let north: DevTlsCa;
let south: DevTlsCa;
let stranger: DevTlsCa;
let roots: string;
let serverTls: TlsMaterial;
let clientTls: TlsMaterial;
const closers: (() => Promise<void> | void)[] = [];

const material = async (ca: DevTlsCa, hosts: string[], more: { notBefore?: Date; notAfter?: Date; trustedRootsPem?: string } = {}): Promise<TlsMaterial> => {
  const { trustedRootsPem = roots, ...period } = more;
  return { ...(await ca.issueTls({ commonName: 'node', hosts, ...period })), trustedRootsPem };
};
const past = (): { notBefore: Date; notAfter: Date } => ({ notBefore: new Date(Date.now() - 2 * DAY_MS), notAfter: new Date(Date.now() - DAY_MS) });

const logged: Record<string, unknown>[] = [];
const start = async (tls: TlsSetting): Promise<RpcServer> => {
  logged.length = 0;
  const server = await startRpcServer({ role: 'sequencer', address: LOCAL, services, tls, log: { warn: (fields) => logged.push({ ...fields }) } });
  closers.push(() => server.close(100));
  return server;
};
const call = async (address: string, tls: TlsSetting): Promise<number> => {
  const connection = connectRpc(address, { tls });
  try {
    return (await connection.client(Sequencer).submit({}, { timeoutMs: 5_000 })).index;
  } finally {
    connection.close();
  }
};

beforeAll(async () => {
  [north, south, stranger] = await Promise.all([createDevTlsCa('north'), createDevTlsCa('south'), createDevTlsCa('stranger')]);
  roots = north.rootCertificatePem + south.rootCertificatePem;
  serverTls = await material(north, ['127.0.0.1']);
  clientTls = await material(south, []);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of closers.splice(0)) await close();
});

describe('mutual TLS', () => {
  it('carries calls between organisations that trust each other, in TLS 1.3', async () => {
    const { address } = await start(serverTls);
    expect(await call(address, clientTls)).toBe(1);
    expect(await rawHandshake(address, clientTls)).toBe('TLSv1.3');
    expect(await rawHandshake(address, clientTls, { maxVersion: 'TLSv1.2' })).toBe('TLSv1.2');
  });

  it('refuses a caller without a certificate', async () => {
    const { address } = await start(serverTls);
    expect(await rawHandshake(address, { trustedRootsPem: roots })).toMatch(/CERTIFICATE_REQUIRED|closed/);
    await expect.poll(() => logged).toEqual([expect.objectContaining({ code: 'TLS_REFUSED', reason: 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE' })]);
  });

  it('refuses a caller whose root is unknown, and both ends say which', async () => {
    const { address } = await start(serverTls);
    await expect(call(address, await material(stranger, []))).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('tlsca.stranger') as string });
    await expect.poll(() => logged).toEqual([expect.objectContaining({ code: 'TLS_REFUSED', reason: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', trusted: 'tlsca.north, tlsca.south' })]);
  });

  it('refuses a caller whose certificate has expired', async () => {
    const { address } = await start(serverTls);
    await expect(call(address, await material(south, [], past()))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect.poll(() => logged).toEqual([expect.objectContaining({ code: 'TLS_REFUSED', reason: 'CERT_HAS_EXPIRED' })]);
  });

  it('refuses a server whose root is unknown, whatever the environment says', async () => {
    const { address } = await start(await material(stranger, ['127.0.0.1']));
    const expected = { code: 'TLS_REFUSED', message: expect.stringContaining('trusted here: tlsca.north, tlsca.south') as string };
    await expect(call(address, clientTls)).rejects.toMatchObject(expected);
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    await expect(call(address, clientTls)).rejects.toMatchObject(expected);
  });

  it('refuses a server whose certificate has expired', async () => {
    const { address } = await start(await material(north, ['127.0.0.1'], past()));
    await expect(call(address, clientTls)).rejects.toMatchObject({ code: 'TLS_REFUSED', message: expect.stringContaining('expired') as string });
  });

  it.each([[['127.0.0.2', 'localhost']], [[]]])('refuses a server whose certificate is for the hosts %j', async (hosts) => {
    const { address } = await start(await material(north, hosts));
    await expect(call(address, clientTls)).rejects.toMatchObject({ code: 'TLS_REFUSED', message: expect.stringMatching(/127\.0\.0\.1|purpose/) as string });
  });

  it('does not take a common name for a host', async () => {
    // The identity authority's certificates are for any purpose and name no host.
    const ca = await createDevCa('north');
    const pair = await ca.issue({ commonName: '127.0.0.1', role: 'peer' });
    const { address } = await start({ ...pair, trustedRootsPem: roots });
    await expect(call(address, { ...clientTls, trustedRootsPem: ca.rootCertificatePem })).rejects.toMatchObject({ code: 'TLS_REFUSED', message: expect.stringContaining('names no host') as string });
  });

  it('refuses suites without ephemeral keys and authenticated encryption', async () => {
    const { address } = await start(serverTls);
    expect(await rawHandshake(address, clientTls, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' })).toMatch(/HANDSHAKE_FAILURE/);
    expect(await rawHandshake(address, clientTls, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' })).toMatch(/PROTOCOL_VERSION/);
  });

  it('tells a caller without TLS, and one with TLS that the peer has none', async () => {
    const { address } = await start(serverTls);
    await expect(call(address, 'off')).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('it may want TLS') as string });
    const plain = await start('off');
    await expect(call(plain.address, clientTls)).rejects.toMatchObject({ code: 'TLS_REFUSED', message: expect.stringContaining('does not speak TLS') as string });
  });
});

describe('a peer that takes connections and says nothing', () => {
  it('holds up neither calls nor streams', async () => {
    const silent: TcpServer = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const connection = connectRpc(`127.0.0.1:${String((silent.address() as { port: number }).port)}`, { tls: clientTls, connectTimeoutMs: 100 });
    closers.push(() => { connection.close(); silent.close(); });
    await expect(connection.client(Sequencer).submit({}, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect(connection.client(Sequencer).deliver({})[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('says nothing') as string });
  });
});

describe('plaintext', () => {
  const everywhere = ['0.0.0.0:0', '192.0.2.1:7050', 'localhost:7050', 'peer.example:7050', '[2001:db8::1]:7050', '127.0.0.1.example:7050', 'dns:127.0.0.1:7050', '[::]:0'];

  it('is not what a missing setting means', async () => {
    expect(() => connectRpc(LOCAL, {} as never)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
    await expect(startRpcServer({ role: 'sequencer', address: LOCAL, services } as never)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
  });

  it.each(everywhere)('is refused for %s', async (address) => {
    expect(() => connectRpc(address, { tls: 'off' })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('without TLS') as string }));
    await expect(startRpcServer({ role: 'sequencer', address, services, tls: 'off' })).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('without TLS') as string });
  });

  it.each(['127.0.0.1:1', '127.8.0.1:1', '[::1]:1', 'unix:/run/selvedge.sock'])('may be asked for with %s', (address) => {
    connectRpc(address, { tls: 'off' }).close();
  });

  it('never takes the way of a proxy from the environment', async () => {
    const { address } = await start('off');
    let visits = 0;
    const proxy: TcpServer = createServer((socket) => { visits += 1; socket.destroy(); });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    closers.push(() => { proxy.close(); });
    vi.stubEnv('grpc_proxy', `http://127.0.0.1:${String((proxy.address() as { port: number }).port)}`);
    expect(await call(address, 'off')).toBe(1);
    expect(visits).toBe(0);
  });
});

describe('TLS material', () => {
  it.each<[string, () => Promise<Partial<TlsMaterial>> | Partial<TlsMaterial>, RegExp]>([
    ['a key of another certificate', async () => ({ privateKeyPem: (await north.issueTls({ commonName: 'x', hosts: [] })).privateKeyPem }), /belong together/],
    ['no trusted root', () => ({ trustedRootsPem: '\n' }), /no certificate/],
    ['a trusted root that is no authority', () => ({ trustedRootsPem: roots + clientTls.certificatePem }), /not a CA/],
    ['a certificate that is none', () => ({ certificatePem: 'x' }), /certificate: does not parse/],
    ['a key that is none', () => ({ privateKeyPem: '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n' }), /key: does not parse/],
  ])('is refused with %s', async (_what, change, text) => {
    const tls = { ...serverTls, ...(await change()) };
    const refusal = expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringMatching(text) as string }) as Error;
    expect(() => connectRpc(LOCAL, { tls })).toThrow(refusal);
    await expect(startRpcServer({ role: 'sequencer', address: LOCAL, services, tls })).rejects.toEqual(refusal);
  });
});

/** The protocol version of a handshake as HTTP/2 clients do it, once the server has spoken; or why there was none. */
function rawHandshake(address: string, tls: Partial<TlsMaterial>, options: ConnectionOptions = {}): Promise<string> {
  const { ciphers, minVersion, maxVersion } = options;
  const secureContext = createSecureContext({ ca: tls.trustedRootsPem, cert: tls.certificatePem, key: tls.privateKeyPem, ...(ciphers === undefined ? {} : { ciphers }), minVersion, maxVersion });
  return new Promise((resolve) => {
    const socket = connectTls({ host: '127.0.0.1', port: Number(address.split(':')[1]), secureContext, ALPNProtocols: ['h2'] });
    socket.on('data', () => {
      resolve(socket.getProtocol() ?? '');
      socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => { resolve(error.code ?? ''); });
    socket.on('close', () => { resolve('closed'); });
  });
}
