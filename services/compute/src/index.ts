export { computeConfig, type ComputeConfig } from './config.js';
