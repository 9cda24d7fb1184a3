import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { SelvedgeError } from '@selvedge/errors';
import { Compute, ComputeHealthSchema, SealedRequestSchema, SealedResponseSchema } from '@selvedge/protocol';
import { implement, startRpcServer, type RpcServer } from '@selvedge/rpc';
import { afterEach, describe, expect, it } from 'vitest';
import type { ConnectionProfile } from '../domain/connection-profile.js';
import type { HopEvent, NetworkPorts } from '../ports.js';
import { createGrpcNetwork } from './grpc-network.js';
import { loadConnectionProfile, loadSignedProfile } from './profile-file.js';

const servers: RpcServer[] = [];
const networks: NetworkPorts[] = [];
afterEach(async () => {
  for (const network of networks.splice(0)) network.close();
  await Promise.all(servers.splice(0).map((server) => server.close(100)));
});

async function computeServer(answer: () => Promise<{ nodeId: string }>): Promise<string> {
  const handlers = { executeBatch: () => Promise.reject(new Error('not called')), execute: async () => create(SealedResponseSchema, await answer()), health: () => Promise.resolve(create(ComputeHealthSchema)) };
  const server = await startRpcServer({ role: 'compute', address: '127.0.0.1:0', tls: 'off', services: [implement(Compute, handlers)] });
  servers.push(server);
  return server.address;
}
const profileOf = (address: string): ConnectionProfile => ({
  network: 'n', channel: 'c', signedProfile: 'profile.bin', tls: 'off', keyBroker: address, sequencer: address,
  endorsers: [{ mspId: 'NorthMSP', address }], businessNodes: [{ mspId: 'AuroraMSP', address }], computeNodes: [{ nodeId: 'compute-1', address }],
});
const open = (...args: Parameters<typeof createGrpcNetwork>): NetworkPorts => {
  const network = createGrpcNetwork(...args);
  networks.push(network);
  return network;
};
const request = create(SealedRequestSchema, { header: Buffer.from('header'), ciphertext: Buffer.from('secret') });

describe('createGrpcNetwork', () => {
  it('tells whoever watches the size and time of each call, and nothing of its content', async () => {
    const events: HopEvent[] = [];
    const address = await computeServer(() => Promise.resolve({ nodeId: 'compute-1' }));
    const network = open(profileOf(address), { onHop: (event) => events.push(event) });
    await network.computeNodes()[0]!.execute(request, { timeoutMs: 5_000, txId: 'ab' });
    expect(events).toEqual([
      { hop: 'execute', peer: 'compute-1', address, txId: 'ab', sentBytes: 16, receivedBytes: 11, ms: expect.any(Number) as number, refusal: undefined },
    ]);
    expect(JSON.stringify(events)).not.toContain('secret');
  });

  it('passes on refusals, and reports them', async () => {
    const events: HopEvent[] = [];
    const address = await computeServer(() => Promise.reject(new SelvedgeError('OVERLOADED', 'full')));
    const network = open(profileOf(address), { onHop: (event) => events.push(event) });
    await expect(network.computeNodes()[0]!.execute(request, { timeoutMs: 5_000 })).rejects.toMatchObject({ code: 'OVERLOADED', role: 'compute' });
    expect(events[0]).toMatchObject({ refusal: 'OVERLOADED', receivedBytes: 0 });
  });

  it('takes a call that the peer cut for one that may go elsewhere, but not one that the caller gave up', async () => {
    const address = await computeServer(() => Promise.reject(new SelvedgeError('CANCELLED', 'stopping')));
    const [node] = open(profileOf(address)).computeNodes();
    await expect(node!.execute(request, { timeoutMs: 5_000 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(node!.execute(request, { timeoutMs: 5_000, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('finds nodes that have come when it is reloaded', async () => {
    const address = await computeServer(() => Promise.resolve({ nodeId: 'compute-2' }));
    const more = { ...profileOf(address), computeNodes: [{ nodeId: 'compute-2', address }] };
    const network = open(profileOf('127.0.0.1:1'), { reload: () => Promise.resolve(more) });
    await network.reload();
    expect(network.computeNodes().map(({ nodeId }) => nodeId)).toEqual(['compute-2']);
    await expect(network.computeNodes()[0]!.execute(request, { timeoutMs: 5_000 })).resolves.toMatchObject({ nodeId: 'compute-2' });
  });

  it('says UNAVAILABLE when nobody listens', async () => {
    await expect(open(profileOf('127.0.0.1:1')).sequencer().submit(new Uint8Array(1), { timeoutMs: 2_000 })).rejects.toMatchObject({ code: expect.stringMatching(/UNAVAILABLE|TIMEOUT/) as string });
  });
});

describe('loadConnectionProfile', () => {
  it('reads network.json and the profile beside it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'selvedge-client-'));
    try {
      await writeFile(join(folder, 'network.json'), JSON.stringify(profileOf('h:1')));
      await writeFile(join(folder, 'profile.bin'), 'signed');
      await writeFile(join(folder, 'broken.json'), '{');
      const profile = await loadConnectionProfile(join(folder, 'network.json'));
      expect(profile.signedProfile).toBe(join(folder, 'profile.bin'));
      expect(Buffer.from(await loadSignedProfile(profile)).toString()).toBe('signed');
      await expect(loadConnectionProfile(join(folder, 'broken.json'))).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
      await expect(loadConnectionProfile(join(folder, 'missing.json'))).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
