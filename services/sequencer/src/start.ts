import { readFile } from 'node:fs/promises';
import { createSequencerHandlers, openLedgerStore, openSequencer } from '@selvedge/embedded-ledger';
import { createSigner } from '@selvedge/identity';
import { Sequencer } from '@selvedge/protocol';
import { implement, startRpcServer, type RpcLog } from '@selvedge/rpc';
import { readTls, type Monitor, type RunningService, type ServiceContext } from '@selvedge/service-kit';
import type { SequencerConfig } from './config.js';

/** Opens the log and listens. Rejects with the refusals of openSequencer, createSigner and startRpcServer. */
export async function startSequencer({ config, checkpoint, logger, monitor }: Pick<ServiceContext<SequencerConfig>, 'config' | 'checkpoint'> & { readonly logger?: RpcLog; readonly monitor?: Monitor }): Promise<RunningService> {
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
  const server = await startRpcServer({
    role: 'sequencer',
    address: config.listen,
    tls: readTls(config.tls),
    log: logger,
    onCall: monitor?.onCall,
    services: [implement(Sequencer, createSequencerHandlers(sequencer))],
  });
  monitor?.metrics.read('selvedge_ledger_height', () => [{ labels: {}, value: Number(sequencer.height) }]);
  monitor?.metrics.read('selvedge_queue_depth', () => [{ labels: {}, value: sequencer.queue.depth }]);
  monitor?.metrics.read('selvedge_queue_capacity', () => [{ labels: {}, value: sequencer.queue.capacity }]);
  return {
    address: server.address,
    close: async () => {
      // The log first: that ends the streams for which the server would wait.
      await sequencer.close();
      await server.close();
    },
  };
}
