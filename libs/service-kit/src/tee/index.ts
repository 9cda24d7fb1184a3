export { openTeeService, type TeeService } from './open-tee-service.js';
export { identityFiles, teeNodeLimits, teeNodeSettings, teeServiceSettings } from './settings.js';
