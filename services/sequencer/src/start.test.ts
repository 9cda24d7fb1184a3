import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestOrganisation } from '@selvedge/fixtures';
import { BlockHeaderSchema, parseMessage, Sequencer } from '@selvedge/protocol';
import { connectRpc, type RpcConnection } from '@selvedge/rpc';
import { noCheckpoint, type RunningService } from '@selvedge/service-kit';
import { sequencerConfig, type SequencerConfig } from './config.js';
import { startSequencer } from './start.js';

describe('startSequencer', () => {
  let directory: string;
  let config: SequencerConfig;
  let service: RunningService;
  let connection: RpcConnection;

  const start = async (): Promise<void> => {
    service = await startSequencer({ config, checkpoint: noCheckpoint });
    connection = connectRpc(service.address, { tls: 'off' });
  };
  const stop = async (): Promise<void> => {
    connection.close();
    await service.close();
  };

  beforeEach(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'selvedge-sequencer-'));
    const { mspId, orderer } = await createTestOrganisation('OrdererMSP', new Date());
    const file = (name: string, content: string): string => {
      writeFileSync(path.join(directory, name), content);
      return path.join(directory, name);
    };
    config = sequencerConfig.parse({
      network: 'net',
      channel: 'trade',
      tls: 'off',
      directory: path.join(directory, 'log'),
      identity: { mspId, certificateFile: file('cert.pem', orderer.certificatePem), privateKeyFile: file('key.pem', orderer.privateKeyPem) },
      genesisFile: file('genesis', 'policy'),
    });
    await start();
  });
  afterEach(async () => {
    await stop();
    rmSync(directory, { recursive: true });
  });

  it('orders over gRPC and delivers what it ordered, after a restart too', async () => {
    expect(await connection.client(Sequencer).submit({ transaction: Buffer.from('a') })).toMatchObject({ blockNumber: 1n, index: 0 });
    await stop();
    await start();
    const numbers: bigint[] = [];
    for await (const { header } of connection.client(Sequencer).deliver({ fromBlock: 0n })) {
      numbers.push(parseMessage(BlockHeaderSchema, header, 1_024).number);
      if (numbers.length === 2) break;
    }
    expect(numbers).toEqual([0n, 1n]);
  });

  it('refuses with a stable code and its role', async () => {
    await expect(connection.client(Sequencer).submit({})).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE', role: 'sequencer' });
  });

  it('closes while a reader waits for the next block', async () => {
    const reader = connection.client(Sequencer).deliver({ fromBlock: 1n })[Symbol.asyncIterator]();
    const next = reader.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = Date.now();
    await service.close();
    expect(Date.now() - before).toBeLessThan(1_500);
    await expect(next).resolves.toMatchObject({ done: true });
    await start();
  });
});

describe('sequencerConfig', () => {
  it('names a setting that it does not know', () => {
    expect(() => sequencerConfig.parse({ network: 'n', channel: 'c', directory: 'd', identity: {}, genesisFile: 'g', port: 1 })).toThrow(/port/);
  });
});
