import { loadTls } from '@selvedge/client';
import type { ComputeNodes } from '@selvedge/contract-lifecycle';
import type { CommandContext } from '../context.js';
import { isFabricFolder } from '../fabric/folder.js';
import type { ContractNetwork } from './contract-network.js';
import { withDeployedNetwork } from './deployed-network.js';
import { withDevelopmentNetwork } from './development-network.js';

/** Opens the network of a folder for as long as it is used. Throws INVALID_CONFIGURATION. @param waitMs how long to wait for this folder's processes */
export function withContractNetwork<T>(context: CommandContext, waitMs: number, use: (network: ContractNetwork) => Promise<T>): Promise<T> {
  return isFabricFolder(context.directory) ? withDeployedNetwork(context, waitMs, use) : withDevelopmentNetwork(context, use);
}

/** The network's compute nodes. */
export function computeNodesOf({ connectionProfile }: ContractNetwork): ComputeNodes {
  return { computeNodes: connectionProfile.computeNodes, tls: loadTls(connectionProfile) };
}
