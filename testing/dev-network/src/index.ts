export {
  DEFAULT_BUSINESS_ORGANISATIONS,
  DEFAULT_ENDORSER_ORGANISATIONS,
  DEFAULT_ORDERER_ORGANISATION,
  SERVICE_NAMES,
  type BundledService,
  type DevNetworkOptions,
  type NetworkSettings,
  type NodeInfo,
  type NodeService,
  type ProgressEvent,
  type ServiceName,
} from './options.js';
export type { DevNetwork } from './dev-network.js';
export { findFabricBinaries, missingFabricBinaries } from './fabric/binaries.js';
export type { FabricAccess } from './fabric/fabric-access.js';
export type { FabricPlan, PlannedChaincode, PlannedPeer } from './fabric/fabric-plan.js';
export type { FabricOptions } from './fabric/fabric-options.js';
export type { Deployment } from './deploy.js';
export type { DeployOptions } from './deploy-options.js';
export { createDevNetwork } from './create-dev-network.js';
export { openNetworkFolder, type NetworkFolder } from './network-folder.js';
export { listSavedNodes, readNetworkStatus, type NodeStatus, type SavedNode } from './network-status.js';
export { stopNetwork } from './stop-network.js';
export { openPolicySession, type PolicySession } from './policy-session.js';
export { issueIdentity } from './identities.js';
export { issueTlsMaterial } from './tls.js';
export { layoutOf, type Layout } from './layout.js';
export { findFreePorts } from './fabric/free-ports.js';
export { startBareFabric, type BareFabric, type BareFabricOptions, type OrganisationMaterial } from './fabric/bare-fabric.js';
export { startPlainFabric, type PlainFabric, type PlainFabricOptions, type PlainOrganisation } from './fabric/plain-fabric.js';
export { startPlainChaincode, type PlainChaincode, type PlainChaincodeOptions } from './fabric/plain-chaincode.js';
export { readUnlockKeys, unlockKeyBroker } from './unlock.js';
