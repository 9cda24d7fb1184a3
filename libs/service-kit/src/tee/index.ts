export { openTeeService, type TeeService } from './open-tee-service.js';
export { monitorKeyHolder, type KeyHolderMonitor, type KeyHolderState } from './key-holder-monitor.js';
export { createRefusalLog, type Refusal } from './refusal-log.js';
export { identityFiles, teeNodeLimits, teeNodeSettings, teeServiceSettings } from './settings.js';
