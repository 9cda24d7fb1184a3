import { randomBytes } from 'node:crypto';
import { SelvedgeError } from '@selvedge/errors';
import { createBrokerGate, createCallLimit, createKeyBroker, createKeyBrokerService, createReplicationService, createRpcFollower, createUnlockService, openBrokerStore, readStoreSlots, withCallLimit, type KeyBroker, type ReceivedRoot } from '@selvedge/key-broker';
import { createLedgerViewTracker } from '@selvedge/ledger-view';
import { LIMITS } from '@selvedge/protocol';
import { connectRpc, startRpcServer } from '@selvedge/rpc';
import { monitorLedgerView, readTls, type RunningService, type ServiceContext } from '@selvedge/service-kit';
import { openTeeService } from '@selvedge/service-kit/tee';
import type { KeyBrokerConfig } from './config.js';
import { startReplication } from './replication.js';

/** A key request is evidence, keys and an identity: far below what other roles take in. */
const MAX_MESSAGE_BYTES = LIMITS.maxEvidenceBytes * 4;

/** Starts the key broker. It listens before the ledger's followers are up: it is there before the ledger knows it. */
export async function startKeyBroker({ config, logger, checkpoint, nodeOptions, monitor }: ServiceContext<KeyBrokerConfig>): Promise<RunningService> {
  const now = (): Date => new Date();
  const { attester, isSimulated, profile } = await openTeeService({ config, logger, nodeOptions }, now);
  const tls = readTls(config.tls);
  const clock = (): number => performance.now();
  const connections = config.followers.map(({ mspId, address }) => ({ mspId, connection: connectRpc(address, { tls }) }));
  const followers = connections.map(({ mspId, connection }) => createRpcFollower(mspId, connection));
  const ledger = createLedgerViewTracker({ profile, followers: () => followers, clock });
  const { limits } = config;
  let opened: KeyBroker | undefined;
  const openBroker = async (unlockSecret: Uint8Array | undefined, received?: ReceivedRoot): Promise<KeyBroker> => {
    const { state, store, audit } = await openBrokerStore({ profile, attester, directory: config.storeDirectory, unlockSecret, received, now, randomBytes, checkpoint });
    opened = createKeyBroker({ profile, state, store, audit, ledger, attester, now, clock, randomBytes, releasesPerOrganisation: limits.releasesPerOrganisation, checkpoint });
    return opened;
  };
  const gate = await createBrokerGate({
    profile,
    attester,
    readSlots: () => readStoreSlots(config.storeDirectory),
    open: openBroker,
    joins: config.replication?.joins ?? false,
    onUnlocked: (submitters) => {
      logger.info({ submitters }, 'unlocked');
    },
  });
  const limit = createCallLimit({
    rates: limits,
    clock,
    onRefused: (refused) => {
      logger.warn({ refused }, 'calls beyond the rate limits were refused');
    },
  });
  const server = await startRpcServer({
    role: 'key-broker',
    address: config.listen,
    tls,
    log: logger,
    services: [createKeyBrokerService(gate), createUnlockService(gate), createReplicationService(gate)].map((service) => withCallLimit(service, limit)),
    maxMessageBytes: MAX_MESSAGE_BYTES,
    onCall: monitor.onCall,
  });
  monitorLedgerView(monitor, 'key-broker', () => ledger.current());
  monitor.metrics.read('selvedge_broker_locked', () => [{ labels: {}, value: gate.isLocked() ? 1 : 0 }]);
  monitor.readiness.require('unlocked', () => (gate.isLocked() ? 'BROKER_LOCKED' : undefined));
  ledger.start().then(
    () => {
      logger.info('the ledger view is current');
    },
    (error: unknown) => {
      logger.debug({ code: error instanceof SelvedgeError ? error.code : 'INTERNAL' }, 'the ledger view ended before its first quorum');
    },
  );
  const replication = startReplication({ config, tls, gate, attester, profile, ledger, logger, now });
  logger.info({ address: server.address, teeType: attester.teeType, simulated: isSimulated }, isSimulated ? 'key broker in a simulated TEE: for development only' : 'key broker in its TEE');
  return {
    address: server.address,
    async close() {
      replication.close();
      ledger.close();
      await server.close();
      for (const { connection } of connections) connection.close();
      opened?.close();
    },
  };
}
