export { createCheckpoint, noCheckpoint, type Checkpoint, type CheckpointOptions } from './checkpoint.js';
export { loadConfig, readEnvironment, type ServiceEnvironment } from './config.js';
export { runService, type RunningService, type ServiceContext, type ServiceDefinition } from './service.js';
export type { Logger } from 'pino';
