import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { create } from '@bufbuild/protobuf';
import { createDevTlsCa } from '@selvedge/identity';
import { Sequencer, SubmitAnswerSchema } from '@selvedge/protocol';
import { connectRpc, implement, startRpcServer, type TlsSetting } from '@selvedge/rpc';
import { afterAll, describe, expect, it } from 'vitest';
import { readableIn, startRawCapture } from './raw-capture.js';

const MARKED = 'a-text-that-somebody-might-read';
const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-wire-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const service = implement(Sequencer, {
  submit: ({ transaction }) => Promise.resolve(create(SubmitAnswerSchema, { blockNumber: BigInt(transaction.length) })),
  deliver: () => {
    throw new Error('not asked');
  },
});

/** One call through a capture. */
async function capture(name: string, tls: TlsSetting): Promise<Buffer> {
  const file = path.join(folder, name);
  const server = await startRpcServer({ role: 'sequencer', address: '127.0.0.1:0', tls, services: [service] });
  const wire = await startRawCapture(server.address, file);
  const connection = connectRpc(wire.address, { tls });
  try {
    expect((await connection.client(Sequencer).submit({ transaction: Buffer.from(MARKED) })).blockNumber).toBe(BigInt(MARKED.length));
  } finally {
    connection.close();
    await wire.close();
    await server.close(100);
  }
  return readFileSync(file);
}

describe('what the wire shows of a call', () => {
  it('without TLS is its method and its content', async () => {
    expect(readableIn(await capture('plain', 'off'), [MARKED])).toEqual(['compressed path', MARKED]);
  });

  it('with TLS is nothing, not even the names in the certificates', async () => {
    const ca = await createDevTlsCa('northern-traders');
    const tls = { ...(await ca.issueTls({ commonName: 'node-of-north', hosts: ['127.0.0.1'] })), trustedRootsPem: ca.rootCertificatePem };
    const bytes = await capture('tls', tls);
    expect(bytes.length).toBeGreaterThan(1_000);
    expect(readableIn(bytes, [MARKED, 'northern-traders', 'node-of-north'])).toEqual([]);
  });
});
