import { join } from 'node:path';
import { keyPairFiles } from '@selvedge/service-kit/launch';
import type { Layout } from '../layout.js';
import { BUILDER_NAME } from './builder.js';
import { fabricLayout } from './fabric-layout.js';
import { HOST, type FabricPlan, type PlannedPeer } from './fabric-plan.js';

type Settings = Readonly<Record<string, unknown>>;

/** Size of the largest message that a peer or orderer takes, bytes; a block with private data has to fit. */
const MAX_MESSAGE_BYTES = 104_857_600;
const NETWORK_ID = 'selvedge-dev';
const SOFTWARE_KEYS: Settings = { Default: 'SW', SW: { Hash: 'SHA2', Security: 256 } };
const at = (port: number): string => `${HOST}:${String(port)}`;

/** What a peer's or orderer's configuration depends on; folders absolute. */
export interface NodeSettingsInput {
  readonly plan: FabricPlan;
  readonly layout: Layout;
  readonly mspDirectory: string;
  readonly dataDirectory: string;
}

/**
 * core.yaml of a peer, complete: everything on 127.0.0.1, TLS with client certificates, no Docker.
 * Gossip runs at one second so that peers that meet before they join the channel find each other soon. Private data
 * that is missing does not hold up a block for more than a second, that of invalid transactions not at all, and the
 * reconciler fetches it every two seconds, and what it asked for in vain five seconds later again.
 */
export function peerSettings(peer: PlannedPeer, input: NodeSettingsInput): Settings {
  const { layout } = input;
  const tls = keyPairFiles(layout.nodeTlsDirectory(peer.name));
  return {
    peer: {
      id: peer.name,
      networkId: NETWORK_ID,
      listenAddress: at(peer.port),
      address: at(peer.port),
      chaincodeListenAddress: at(peer.chaincodePort),
      chaincodeAddress: at(peer.chaincodePort),
      localMspId: peer.mspId,
      mspConfigPath: input.mspDirectory,
      fileSystemPath: input.dataDirectory,
      BCCSP: SOFTWARE_KEYS,
      gateway: { enabled: true, endorsementTimeout: '30s', broadcastTimeout: '30s', dialTimeout: '30s' },
      keepalive: { interval: '7200s', timeout: '20s', minInterval: '1s', client: { interval: '60s', timeout: '20s' }, deliveryClient: { interval: '60s', timeout: '20s' } },
      gossip: gossipSettings(peer),
      tls: {
        enabled: true,
        clientAuthRequired: true,
        cert: { file: tls.certificateFile },
        key: { file: tls.privateKeyFile },
        // A peer learns the other organisations' roots with the channel, but meets its peers a moment before that.
        rootcert: { file: layout.tlsRootsFile },
        clientRootCAs: { files: [layout.tlsRootsFile] },
        clientCert: { file: tls.certificateFile },
        clientKey: { file: tls.privateKeyFile },
      },
      authentication: { timewindow: '15m' },
      client: { connTimeout: '3s' },
      deliveryclient: { blockGossipEnabled: false, reconnectTotalTimeThreshold: '3600s', connTimeout: '3s', reConnectBackoffThreshold: '2s', minimalReconnectInterval: '100ms' },
      handlers: {
        authFilters: [{ name: 'DefaultAuth' }, { name: 'ExpirationCheck' }, { name: 'TimeWindowCheck' }],
        decorators: [{ name: 'DefaultDecorator' }],
        endorsers: { escc: { name: 'DefaultEndorsement' } },
        validators: { vscc: { name: 'DefaultValidation' } },
      },
      discovery: { enabled: true, authCacheEnabled: true, authCacheMaxSize: 1000, authCachePurgeRetentionRatio: 0.75 },
      limits: { concurrency: { endorserService: 2500, deliverService: 2500, gatewayService: 500 } },
      maxRecvMsgSize: MAX_MESSAGE_BYTES,
      maxSendMsgSize: MAX_MESSAGE_BYTES,
    },
    vm: { endpoint: '' },
    chaincode: {
      externalBuilders: [{ name: BUILDER_NAME, path: fabricLayout(layout).builderDirectory }],
      installTimeout: '60s',
      startuptimeout: '60s',
      executetimeout: '30s',
      mode: 'net',
      keepalive: 0,
      system: { _lifecycle: 'enable', cscc: 'enable', lscc: 'enable', qscc: 'enable' },
      logging: { level: 'info', shim: 'warning' },
      runtimeParams: { useWriteBatch: true, maxSizeWriteBatch: 1000, useGetMultipleKeys: true, maxSizeGetMultipleKeys: 1000 },
    },
    ledger: {
      state: { stateDatabase: 'goleveldb', totalQueryLimit: 100_000 },
      history: { enableHistoryDatabase: true },
      pvtdataStore: { collElgProcMaxDbBatchSize: 5000, collElgProcDbBatchesInterval: 1000, deprioritizedDataReconcilerInterval: '5s', purgeInterval: 100, purgedKeyAuditLogging: true },
      snapshots: { rootDir: join(input.dataDirectory, 'snapshots') },
    },
    operations: { listenAddress: at(peer.operationsPort), tls: { enabled: false } },
    metrics: { provider: 'disabled' },
  };
}

function gossipSettings(peer: PlannedPeer): Settings {
  return {
    bootstrap: [at(peer.port)],
    endpoint: at(peer.port),
    externalEndpoint: at(peer.port),
    useLeaderElection: false,
    orgLeader: true,
    connTimeout: '1s',
    reconnectInterval: '1s',
    maxConnectionAttempts: 1_200,
    aliveTimeInterval: '1s',
    publishStateInfoInterval: '1s',
    requestStateInfoInterval: '1s',
    membershipTrackerInterval: '1s',
    pvtData: {
      pullRetryThreshold: '1s',
      skipPullingInvalidTransactionsDuringCommit: true,
      transientstoreMaxBlockRetention: 20_000,
      pushAckTimeout: '1500ms',
      btlPullMargin: 10,
      reconciliationEnabled: true,
      reconcileBatchSize: 100,
      reconcileSleepInterval: '2s',
      implicitCollectionDisseminationPolicy: { requiredPeerCount: 0, maxPeerCount: 1 },
    },
    state: { enabled: false },
  };
}

/** orderer.yaml, complete. Its administration endpoint takes client certificates only; metrics say who leads. */
export function ordererSettings(input: NodeSettingsInput): Settings {
  const { plan, layout } = input;
  const { orderer } = plan;
  const files = keyPairFiles(layout.nodeTlsDirectory(orderer.name));
  const ownRoot = fabricLayout(layout).tlsRoot(orderer.mspId);
  const tls = { Enabled: true, Certificate: files.certificateFile, PrivateKey: files.privateKeyFile, ClientAuthRequired: true };
  return {
    General: {
      ListenAddress: HOST,
      ListenPort: orderer.port,
      TLS: { ...tls, RootCAs: [ownRoot], ClientRootCAs: [layout.tlsRootsFile] },
      Keepalive: { ServerMinInterval: '1s', ServerInterval: '7200s', ServerTimeout: '20s' },
      Cluster: { SendBufferSize: 100 },
      MaxRecvMsgSize: MAX_MESSAGE_BYTES,
      MaxSendMsgSize: MAX_MESSAGE_BYTES,
      BootstrapMethod: 'none',
      LocalMSPDir: input.mspDirectory,
      LocalMSPID: orderer.mspId,
      BCCSP: SOFTWARE_KEYS,
      Authentication: { TimeWindow: '15m' },
    },
    FileLedger: { Location: join(input.dataDirectory, 'ledger') },
    Operations: { ListenAddress: at(orderer.operationsPort), TLS: { Enabled: false } },
    Metrics: { Provider: 'prometheus' },
    Admin: { ListenAddress: at(orderer.adminPort), TLS: { ...tls, RootCAs: [ownRoot], ClientRootCAs: [ownRoot] } },
    ChannelParticipation: { Enabled: true, MaxRequestBodySize: '1 MB' },
    Consensus: { WALDir: join(input.dataDirectory, 'wal'), SnapDir: join(input.dataDirectory, 'snapshot') },
  };
}
