export {
  DEFAULT_BUSINESS_ORGANISATIONS,
  DEFAULT_ENDORSER_ORGANISATIONS,
  DEFAULT_ORDERER_ORGANISATION,
  SERVICE_NAMES,
  type DevNetworkOptions,
  type NetworkSettings,
  type NodeInfo,
  type ProgressEvent,
  type ServiceName,
} from './options.js';
export type { DevNetwork } from './dev-network.js';
export type { Deployment, DeployOptions } from './deploy.js';
export { createDevNetwork } from './create-dev-network.js';
