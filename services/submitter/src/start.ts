import { setTimeout as sleep } from 'node:timers/promises';
import { loadConnectionProfile, loadSignedProfile } from '@selvedge/client';
import { startSubmitter } from '@selvedge/client/submitter';
import { SelvedgeError } from '@selvedge/errors';
import { failureText, readConfigured, readTls, type RunningService, type ServiceContext } from '@selvedge/service-kit';
import { readSigner } from '@selvedge/service-kit/network';
import { readBatching, type SubmitterConfig } from './config.js';

const LOOK_AGAIN_MS = 1_000;

/** Starts a submitter. It listens at once and is ready, as its health says, when a quorum has shown it the ledger's facts. */
export async function start({ config, logger, monitor, signal }: ServiceContext<SubmitterConfig>): Promise<RunningService> {
  const { mspId, limits, identity } = config;
  const tls = readTls(config.tls);
  if (tls === 'off') throw new SelvedgeError('INVALID_CONFIGURATION', 'tls: a submitter needs it', { role: 'submitter' });
  const connectionProfile = await loadConnectionProfile(config.connectionProfile);
  const { metrics, readiness } = monitor;
  let hasSeen = false;
  readiness.require('ledger-view', () => (hasSeen ? undefined : 'no quorum has shown the ledger’s facts yet'));
  const node = await startSubmitter({
    listen: config.listen,
    connectionProfile,
    signedProfile: await loadSignedProfile(connectionProfile),
    reload: () => loadConnectionProfile(config.connectionProfile),
    identity: readSigner({ mspId, certificateFile: identity.certificate, privateKeyFile: identity.privateKey }),
    tls,
    clientRootsPem: readConfigured(config.clientRoots, 'clientRoots').toString('utf8'),
    policy: {
      limits,
      batching: readBatching(config),
      onBatch: ({ contract, items }) => {
        metrics.count('selvedge_batches_total', { contract });
        metrics.count('selvedge_batch_items_total', { contract }, items);
      },
    },
    drainMs: limits.drainMs,
    log: logger,
    onCall: monitor.onCall,
  });
  metrics.read('selvedge_queue_depth', () => [{ labels: {}, value: node.queued }]);
  metrics.read('selvedge_queue_capacity', () => [{ labels: {}, value: limits.maxQueued }]);
  const look = async (): Promise<void> => {
    while (!hasSeen && !signal.aborted) {
      try {
        await node.seen();
        hasSeen = true;
      } catch (error) {
        logger.warn(failureText(error), 'no ledger view yet; trying again');
        await sleep(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  };
  void look();
  logger.info({ address: node.address, mspId }, 'submitter for clients of one organisation');
  return node;
}
