export { createCheckpoint, noCheckpoint, type Checkpoint, type CheckpointOptions } from './checkpoint.js';
export { ledgerConfig, readLedger, type LedgerConfig, type LedgerFiles } from './ledger.js';
export { loadConfig, readEnvironment, type ServiceEnvironment } from './config.js';
export { runService, type RunningService, type ServiceContext, type ServiceDefinition } from './service.js';
export { readConfigured } from './read-configured.js';
export { readTls, tlsConfig, type TlsConfig, type TlsFiles } from './tls.js';
export type { Logger } from 'pino';
export { failureText } from './failure-text.js';
export { createMonitor, monitorFollower, monitorLedgerView, monitoringConfig, type Metrics, type Monitor, type MonitoringConfig, type Readiness } from './monitoring/index.js';
