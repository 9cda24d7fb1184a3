import { openNetworkFolder } from '@selvedge/dev-network';
import type { ConnectedNetwork } from './connector.js';
import type { ConnectorSettings } from './settings.js';

/** Opens the folder of a running network. Throws INVALID_CONFIGURATION when it holds none, or no such identity. */
export async function openNetwork({ directory, mspId, user, contract, batching }: ConnectorSettings): Promise<ConnectedNetwork> {
  const folder = await openNetworkFolder(directory);
  const identity = await folder.identity(mspId, user);
  return {
    channel: folder.settings.channel,
    connect: () => Promise.resolve(folder.connect(identity, batching === undefined ? {} : { batching: { [contract]: batching } })),
    deploy: (chaincode) => folder.deploy(chaincode),
  };
}
