export { teeConfig, type TeeConfig } from './config.js';
export { guardProcess, type ExposureInput } from './exposure.js';
export { openTee, type OwnTee, type OwnTeeInput } from './open-tee.js';
export { openAppendLog, syncDirectory, type AppendLog, type AppendLogMoments } from './append-log.js';
export { backUpBrokerStore, BROKER_AUDIT_FILE, BROKER_STATE_FILE, restoreBrokerStore } from './backup-files.js';
