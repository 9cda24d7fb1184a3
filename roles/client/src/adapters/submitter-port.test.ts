import { create } from '@bufbuild/protobuf';
import { SelvedgeError } from '@selvedge/errors';
import { SealedRequestSchema, Submitter, SubmitterMessageSchema } from '@selvedge/protocol';
import { connectRpc, implement, startRpcServer, type RpcConnection, type RpcServer } from '@selvedge/rpc';
import { afterEach, describe, expect, it } from 'vitest';
import type { HopEvent } from '../ports.js';
import { submitterPort } from './submitter-port.js';

let server: RpcServer | undefined;
let connection: RpcConnection | undefined;
afterEach(async () => {
  connection?.close();
  await server?.close(100);
});

const sealed = create(SealedRequestSchema, { header: Buffer.from('header'), ciphertext: Buffer.from('secret') });

describe('a submitter’s stream', () => {
  it('that was cut on its way is a submitter that is gone, and one that the caller gave up is not', async () => {
    server = await startRpcServer({
      role: 'client', address: '127.0.0.1:0', tls: 'off',
      services: [implement(Submitter, {
        async *submit() {
          yield await Promise.resolve(create(SubmitterMessageSchema));
          // As a proxy says of a process that died behind it.
          throw new SelvedgeError('CANCELLED', 'cut');
        },
      })],
    });
    connection = connectRpc(server.address, { tls: 'off' });
    const hops: HopEvent[] = [];
    const port = submitterPort(connection, (hop) => hops.push(hop));
    const readAll = async (signal?: AbortSignal): Promise<void> => {
      for await (const message of port.submit('stones', sealed, { txId: 'ab', ...(signal && { signal }) })) expect(message.kind.case).toBeUndefined();
    };
    await expect(readAll()).rejects.toMatchObject({ code: 'UNAVAILABLE', message: 'submitter cut the call' });
    await expect(readAll(AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(hops.map(({ refusal }) => refusal)).toEqual(['UNAVAILABLE', 'CANCELLED']);
  });
});
