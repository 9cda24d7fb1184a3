import { createChaincodeHost, createComputeNode, createKeptPoints, createPackageKeeper, describeMissing, isComplete, probeSandbox, readContractPolicy, requireCompleteSandbox } from '@selvedge/compute';
import { listPackages } from '@selvedge/contract-package';
import { labelledHash } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { createLedgerViewTracker } from '@selvedge/ledger-view';
import { keyHolderOf } from '@selvedge/policy';
import { startRpcServer } from '@selvedge/rpc';
import { failureText, readTls, type RunningService, type ServiceContext } from '@selvedge/service-kit';
import { readSigner } from '@selvedge/service-kit/network';
import { createRefusalLog, monitorKeyHolder, openTeeService } from '@selvedge/service-kit/tee';
import { connectPeers, createCommitConfirmer, createHistoryConfirmer, createReaderChannels, createReadsConfirmer, createKeyKeeper, createSetConfirmer, createStateFetcher } from '@selvedge/tee-node';
import type { ComputeConfig } from './config.js';
import { monitorHealth } from './monitor-health.js';

const now = (): Date => new Date();
const clock = (): number => performance.now();

/** Which owner this node asks first: nodes with different ids spread the load. */
function preferenceOf(nodeId: string): number {
  return Buffer.from(labelledHash('preferred owner', nodeId)).readUInt16BE(0);
}

/** Starts a compute node. It listens at once and is ready, as its health says, when it has a ledger view and its keys. */
export async function startComputeNode({ config, logger, checkpoint, nodeOptions, monitor }: ServiceContext<ComputeConfig>): Promise<RunningService> {
  const { nodeId, network, channel, limits, operator } = config;
  const { attester, measurement, isSimulated, profile } = await openTeeService({ config, logger, nodeOptions }, now);
  const signer = readSigner(operator);
  const self = keyHolderOf(profile.msps.verifyIdentity(signer.serialized), { role: 'compute', nodeId });
  const platform = await probeSandbox();
  if (platform.missing.length > 0) logger.warn({ missing: platform.missing }, `chaincode is confined incompletely here: ${describeMissing(platform.missing)}`);
  if (!profile.message.allowSimulated) requireCompleteSandbox(platform);
  const host = await createChaincodeHost({ packageStore: config.packageStore, runDirectory: config.runDirectory, now: clock, platform });
  const tls = readTls(config.tls);
  const peers = connectPeers({ ...config, keyBrokers: [config.keyBroker, ...config.keyBrokerReplicas], tls });

  const packages = createPackageKeeper({
    approved: () => {
      const view = views.current();
      return (keys.current()?.contracts ?? []).map((contract) => ({ contract, codeHash: readContractPolicy(view, contract).codeHash }));
    },
    stored: () => listPackages(config.packageStore),
    prepare: (contract, codeHash) => host.prepare(contract, codeHash),
    onFailure: (contract, error) => {
      logger.warn({ contract, ...failureText(error) }, 'the contract’s package is not ready');
    },
  });
  const told = monitorKeyHolder(monitor, { role: 'compute', view: () => views.current(), keys: () => keys.current(), now });
  const logRefusal = createRefusalLog(logger, profile.message.allowSimulated);
  const keptPoints = createKeptPoints({ maxBytes: limits.keptPointBytes, clock });
  const views = createLedgerViewTracker({
    profile,
    followers: () => peers.followers,
    clock,
    maxAgeMs: limits.maxViewAgeMs,
    onPolicyChange: () => {
      keys.renew();
      packages.check();
    },
    onAdvance: (advance) => {
      keptPoints.advance(advance);
    },
    onDiffering: (mspIds) => {
      logger.warn({ mspIds }, 'followers of these organisations do not say what a quorum says that blocks changed');
    },
    onFailure: (error) => {
      told.onViewFailure(error);
      logger.warn({ code: failureText(error).code, reason: error instanceof SelvedgeError ? error.message : '' }, 'no new ledger view');
    },
  });
  const keys = createKeyKeeper({
    brokers: peers.brokers,
    attester,
    role: 'compute',
    operator: signer,
    nodeId,
    isComplete: (held, view) => isComplete(held, view, self),
    view: () => views.current(),
    now,
    onKeys: (held) => {
      told.onKeys();
      logger.info({ contracts: held.contracts }, 'received keys');
      packages.check();
    },
    onFailure: (error) => {
      told.onKeyFailure(error);
      logger.warn(failureText(error), 'no keys yet; trying again');
    },
  });
  let stateQueries = 0n;
  const source = createStateFetcher({
    network,
    channel,
    nodes: peers.businessNodes.map((node) => ({
      ...node,
      queryState: (query, timeoutMs) => {
        stateQueries += 1n;
        return node.queryState(query, timeoutMs);
      },
    })),
    historyConfirmer: createHistoryConfirmer({ followers: peers.followers }),
    reader: createReaderChannels({ attester, network, channel }),
    clock,
    preference: preferenceOf(nodeId),
    confirmer: createSetConfirmer({
      followers: peers.followers,
      onRefused: ({ mspId, address, error }) => {
        logger.warn({ mspId, address, code: error.code }, 'a follower did not confirm a set');
      },
    }),
    onRefused: ({ mspId, address, error }) => {
      logger.warn({ mspId, address, code: error.code }, 'a business node did not serve a read');
    },
  });
  const readsConfirmer = createReadsConfirmer({ followers: peers.followers });
  const node = createComputeNode({
    self,
    channel,
    views,
    keys,
    source,
    readsConfirmer,
    onRolledBack: ({ mspId, address }) => {
      logger.warn({ mspId, address, code: 'STATE_ROLLED_BACK' }, 'a business node serves what the ledger has replaced');
    },
    commits: createCommitConfirmer({ followers: peers.followers }),
    host,
    now,
    limits,
    chaincodeMs: limits.chaincodeMs,
    freshnessMs: limits.freshnessMs,
    maxLagBlocks: BigInt(limits.maxLagBlocks),
    keptSetBytes: limits.keptSetBytes,
    keptPoints,
    maxMemoryAgeMs: limits.maxMemoryAgeMs,
    teeType: attester.teeType,
    measurement,
    packages: () => packages.held(),
    stateQueries: () => stateQueries,
    checkpoint,
    onRefusal: (refusal) => {
      told.onRefusal(refusal);
      logRefusal(refusal);
    },
  });
  const server = await startRpcServer({ role: 'compute', address: config.listen, tls, log: logger, services: [node.service], onCall: monitor.onCall });
  monitorHealth(monitor, () => node.health());
  views.start().catch((error: unknown) => {
    logger.debug(failureText(error), 'the ledger view ended before its first quorum');
  });
  logger.info({ address: server.address, nodeId, teeType: attester.teeType, simulated: isSimulated }, isSimulated ? 'compute node in a simulated TEE: for development only' : 'compute node in its TEE');
  return {
    address: server.address,
    async close() {
      await Promise.race([node.drain(), new Promise((resolve) => setTimeout(resolve, limits.drainMs).unref())]);
      keys.close();
      packages.close();
      views.close();
      await server.close();
      await host.close();
      peers.close();
    },
  };
}
