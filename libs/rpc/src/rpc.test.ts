import { connect, createServer, type AddressInfo } from 'node:net';
import { create } from '@bufbuild/protobuf';
import { makeGenericClientConstructor, credentials, type ServiceError } from '@grpc/grpc-js';
import { SelvedgeError } from '@selvedge/errors';
import { BlockSchema, Sequencer, SubmitAnswerSchema } from '@selvedge/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectRpc, implement, startRpcServer, type RpcConnection, type RpcServer } from './index.js';

describe('gRPC over protobuf messages', () => {
  let server: RpcServer;
  let connection: RpcConnection;
  let submit: (transaction: Uint8Array) => Promise<bigint>;

  beforeEach(async () => {
    submit = () => Promise.resolve(7n);
    server = await startRpcServer({
      role: 'sequencer',
      tls: 'off',
      address: '127.0.0.1:0',
      maxMessageBytes: 10_000,
      services: [
        implement(Sequencer, {
          submit: async ({ transaction }) => create(SubmitAnswerSchema, { blockNumber: await submit(transaction), index: 1 }),
          async *deliver({ fromBlock }, { signal }) {
            for (let number = fromBlock; !signal.aborted; number += 1n) {
              if (number > 3n) throw new SelvedgeError('LEDGER_CORRUPT', 'no more');
              yield await Promise.resolve(create(BlockSchema, { header: Uint8Array.of(Number(number)) }));
            }
          },
        }),
      ],
    });
    connection = connectRpc(server.address, { tls: 'off' });
  });

  afterEach(async () => {
    connection.close();
    await server.close(100);
  });

  it('carries a call and its answer', async () => {
    expect(await connection.client(Sequencer).submit({ transaction: Uint8Array.of(1) })).toMatchObject({ blockNumber: 7n, index: 1 });
  });

  it('carries a refusal with code, role, text and action, and nothing of its cause', async () => {
    submit = () => Promise.reject(new SelvedgeError('OVERLOADED', 'queue of 5', { cause: new Error('inner secret') }));
    const error = await connection.client(Sequencer).submit({}).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'OVERLOADED', role: 'sequencer', message: 'queue of 5' });
    expect(JSON.stringify(error)).not.toContain('inner secret');
  });

  it('answers a foreign error with INTERNAL, without its text', async () => {
    submit = () => Promise.reject(new Error('plaintext 4711'));
    const error = await connection.client(Sequencer).submit({}).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'INTERNAL', message: 'unexpected failure' });
  });

  it('refuses an oversize message by code', async () => {
    await expect(connection.client(Sequencer).submit({ transaction: new Uint8Array(20_000) })).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
  });

  it('refuses bytes that do not parse by code, and lives on', async () => {
    const Raw = makeGenericClientConstructor(
      { submit: { path: '/selvedge.v1.Sequencer/Submit', requestStream: false, responseStream: false, requestSerialize: (bytes: Buffer) => bytes, requestDeserialize: (bytes) => bytes, responseSerialize: (bytes: Buffer) => bytes, responseDeserialize: (bytes) => bytes } },
      'Raw',
    );
    const raw = new Raw(server.address, credentials.createInsecure()) as unknown as { submit(bytes: Buffer, done: (error: ServiceError | null) => void): void; close(): void };
    const error = await new Promise<ServiceError | null>((resolve) => {
      raw.submit(Buffer.from([0xff, 0xff, 0xff]), resolve);
    });
    raw.close();
    expect(error?.details).toContain('MALFORMED_MESSAGE');
    expect((await connection.client(Sequencer).submit({})).blockNumber).toBe(7n);
  });

  it('streams, and ends a stream with its refusal', async () => {
    const seen: number[] = [];
    const read = async (): Promise<void> => {
      for await (const block of connection.client(Sequencer).deliver({ fromBlock: 1n })) seen.push(block.header[0] ?? -1);
    };
    await expect(read()).rejects.toMatchObject({ code: 'LEDGER_CORRUPT' });
    expect(seen).toEqual([1, 2, 3]);
  });

  it('names the peer that cannot be reached', async () => {
    const nowhere = connectRpc('127.0.0.1:1', { tls: 'off' });
    await expect(nowhere.client(Sequencer).submit({}, { timeoutMs: 3_000 })).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { peer: '127.0.0.1:1' } });
    nowhere.close();
  });

  it('leaves a connection that has fallen silent, and reaches the peer by another', async () => {
    let isSilent = false;
    const [host, port] = server.address.split(':') as [string, string];
    const relay = createServer((near) => {
      const far = connect(Number(port), host);
      const wasSilent = isSilent;
      for (const [from, to] of [[near, far], [far, near]] as const) {
        from.on('data', (bytes) => { if (wasSilent === isSilent) to.write(bytes); });
        from.on('close', () => to.destroy());
        from.on('error', () => undefined);
      }
    });
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    const { port: relayPort } = relay.address() as AddressInfo;
    const relayed = connectRpc(`127.0.0.1:${String(relayPort)}`, { tls: 'off', keepaliveMs: 100 });
    try {
      await relayed.client(Sequencer).submit({});
      isSilent = true;
      await expect(relayed.client(Sequencer).submit({})).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await expect.poll(() => relayed.client(Sequencer).submit({})).toMatchObject({ blockNumber: 7n });
    } finally {
      relayed.close();
      relay.close();
    }
  });

  it('gives up at its deadline and on its signal', async () => {
    submit = () => new Promise(() => undefined);
    await expect(connection.client(Sequencer).submit({}, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    const controller = new AbortController();
    const call = connection.client(Sequencer).submit({}, { signal: controller.signal });
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
