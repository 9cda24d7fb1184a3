import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openAppendLog } from '@selvedge/attestation/process';
import { SelvedgeError } from '@selvedge/errors';
import { createLedgerViewTracker } from '@selvedge/ledger-view';
import { keyHolderOf, readBrokerRoot } from '@selvedge/policy';
import { startRpcServer } from '@selvedge/rpc';
import { failureText, readTls, type RunningService, type ServiceContext } from '@selvedge/service-kit';
import { readSigner } from '@selvedge/service-kit/network';
import { createRefusalLog, monitorKeyHolder, openTeeService } from '@selvedge/service-kit/tee';
import { connectPeers, createHistoryConfirmer, createKeyKeeper, createSetConfirmer, createStateFetcher, type HeldKeys } from '@selvedge/tee-node';
import { createViewAudit, createViewer, isComplete } from '@selvedge/viewer';
import type { ViewerConfig } from './config.js';

const AUDIT_FILE = 'views.jsonl';
const now = (): Date => new Date();
const clock = (): number => performance.now();

/** Starts a viewer. It listens at once and is ready, as its health says, when it has a ledger view, its keys and an audit log that verifies. */
export async function startViewer({ config, logger, nodeOptions, monitor }: ServiceContext<ViewerConfig>): Promise<RunningService> {
  const { nodeId, network, channel, limits, operator } = config;
  const { attester, measurement, isSimulated, profile } = await openTeeService({ config, logger, nodeOptions }, now);
  const signer = readSigner(operator);
  const self = keyHolderOf(profile.msps.verifyIdentity(signer.serialized), { role: 'viewer', nodeId });
  const suite = profile.message.allowedSuites[0] ?? '';
  const tls = readTls(config.tls);
  const peers = connectPeers({ ...config, keyBrokers: [config.keyBroker, ...config.keyBrokerReplicas], tls });
  mkdirSync(config.storeDirectory, { recursive: true, mode: 0o700 });
  const log = openAppendLog(join(config.storeDirectory, AUDIT_FILE));
  const audit = createViewAudit({ log, now });
  let isAudited = false;
  const told = monitorKeyHolder(monitor, { role: 'viewer', view: () => views.current(), keys: () => keys.current(), now });
  const logRefusal = createRefusalLog(logger, profile.message.allowSimulated);
  monitor.readiness.require('audit', () => (isAudited ? undefined : 'the audit log is not open'));

  const views = createLedgerViewTracker({
    profile,
    followers: () => peers.followers,
    clock,
    maxAgeMs: limits.maxViewAgeMs,
    onPolicyChange: () => {
      keys.renew();
    },
    onFailure: (error) => {
      told.onViewFailure(error);
      logger.warn({ code: failureText(error).code, reason: error instanceof SelvedgeError ? error.message : '' }, 'no new ledger view');
    },
  });
  const openAudit = (held: HeldKeys): void => {
    try {
      const { rootCertificate } = readBrokerRoot(views.current());
      audit.open(held.signer(suite), { rootCertificate, network, channel, nodeId });
      isAudited = true;
    } catch (error) {
      logger.error(failureText(error), 'the audit log of views does not verify, so nothing is shown');
    }
  };
  const keys = createKeyKeeper({
    brokers: peers.brokers,
    attester,
    role: 'viewer',
    operator: signer,
    nodeId,
    isComplete: (held, view) => isComplete(held, view, self),
    view: () => views.current(),
    now,
    onKeys: (held) => {
      told.onKeys();
      logger.info({ contracts: held.contracts }, 'received keys');
      openAudit(held);
    },
    onFailure: (error) => {
      told.onKeyFailure(error);
      logger.warn(failureText(error), 'no keys yet; trying again');
    },
  });
  const viewer = createViewer({
    self,
    network,
    channel,
    views,
    // Without its audit log a viewer is not ready, whatever it holds.
    keys: { current: () => (isAudited ? keys.current() : undefined), renew: () => { keys.renew(); } },
    source: createStateFetcher({
      network,
      channel,
      nodes: peers.businessNodes,
      historyConfirmer: createHistoryConfirmer({ followers: peers.followers }),
      confirmer: createSetConfirmer({ followers: peers.followers }),
      clock,
      onRefused: ({ mspId, address, error }) => {
        logger.warn({ mspId, address, code: error.code }, 'a business node did not serve a read');
      },
    }),
    audit,
    attester,
    measurement,
    suite,
    now,
    limits: { ...limits, maxLagBlocks: BigInt(limits.maxLagBlocks) },
    onRefusal: (refusal) => {
      told.onRefusal(refusal);
      logRefusal(refusal);
    },
  });
  const server = await startRpcServer({ role: 'viewer', address: config.listen, tls, log: logger, services: [viewer.service], onCall: monitor.onCall });
  views.start().catch((error: unknown) => {
    logger.debug(failureText(error), 'the ledger view ended before its first quorum');
  });
  logger.info({ address: server.address, nodeId, teeType: attester.teeType, simulated: isSimulated }, isSimulated ? 'viewer in a simulated TEE: for development only' : 'viewer in its TEE');
  return {
    address: server.address,
    async close() {
      await Promise.race([viewer.drain(), new Promise((resolve) => setTimeout(resolve, limits.drainMs).unref())]);
      keys.close();
      views.close();
      await server.close();
      peers.close();
      log.close();
    },
  };
}
