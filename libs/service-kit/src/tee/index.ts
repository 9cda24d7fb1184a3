export { openTeeService, type TeeService } from './open-tee-service.js';
export { teeNodeLimits, teeNodeSettings, teeServiceSettings } from './settings.js';
