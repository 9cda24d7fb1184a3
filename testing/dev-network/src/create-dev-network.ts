import type { DevNetwork } from './dev-network.js';
import type { DevNetworkOptions } from './options.js';

/** Starts a network. Rejects with the tail of the log when a process dies at its start. */
export function createDevNetwork(options: DevNetworkOptions): Promise<DevNetwork> {
  return Promise.reject(new Error(`under construction: ${options.directory}`));
}
