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
export type { Deployment } from './deploy.js';
export type { DeployOptions } from './deploy-options.js';
export { createDevNetwork } from './create-dev-network.js';
export { openNetworkFolder, type NetworkFolder } from './network-folder.js';
export { readNetworkStatus, type NodeStatus } from './network-status.js';
export { stopNetwork } from './stop-network.js';
export { openPolicySession, type PolicySession } from './policy-session.js';
export { planContractPolicy } from './contract-policy.js';
export { issueIdentity } from './identities.js';
export { layoutOf, type Layout } from './layout.js';
