import { readFile } from 'node:fs/promises';
import { createSequencerHandlers, openLedgerStore, openSequencer } from '@selvedge/embedded-ledger';
import { createSigner } from '@selvedge/identity';
import { Sequencer } from '@selvedge/protocol';
import { implement, startRpcServer } from '@selvedge/rpc';
import type { RunningService, ServiceContext } from '@selvedge/service-kit';
import type { SequencerConfig } from './config.js';

/** Opens the log and listens. Rejects with the refusals of openSequencer, createSigner and startRpcServer. */
export async function startSequencer({ config, checkpoint }: Pick<ServiceContext<SequencerConfig>, 'config' | 'checkpoint'>): Promise<RunningService> {
  const { identity, network, channel, maxBatch, minBlockIntervalMs, maxQueue } = config;
  const [certificatePem, privateKeyPem, genesis] = await Promise.all([readFile(identity.certificateFile, 'utf8'), readFile(identity.privateKeyFile, 'utf8'), readFile(config.genesisFile)]);
  const sequencer = await openSequencer({
    store: openLedgerStore({ directory: config.directory }),
    signer: createSigner({ mspId: identity.mspId, certificatePem, privateKeyPem }),
    genesis,
    network,
    channel,
    maxBatch,
    minBlockIntervalMs,
    maxQueue,
    checkpoint,
  });
  const server = await startRpcServer({ role: 'sequencer', address: config.listen, services: [implement(Sequencer, createSequencerHandlers(sequencer))] });
  return {
    address: server.address,
    close: async () => {
      // The log first: that ends the streams for which the server would wait.
      await sequencer.close();
      await server.close();
    },
  };
}
