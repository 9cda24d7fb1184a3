export { startNetworkInProcess, type NetworkInProcess, type NetworkInProcessOptions } from './network.js';
export type { Asked, Executed, ExecutedBatch } from './requests.js';
