export { endWithThisProcess, environmentOf, failedStart, logTail, nodeProcessOf, untilExit, type NodeProcess } from './child-process.js';
export { findBundle } from './bundles.js';
export { keyPairFiles, readIfPresent, readJson, readKeyPair, writeJson, writeKeyPair, writeWhole, type KeyPairPem } from './files.js';
export { isStillRunning, recordProcess, type RecordedProcess } from './process-record.js';
export { startService, type ServiceProcessInput } from './start-service.js';
