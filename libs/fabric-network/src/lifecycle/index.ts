export { connectionJson, createChaincodePackage, packageIdOf, type ChaincodeConnection, type ChaincodePackage } from './chaincode-package.js';
export { approveForMyOrg, checkCommitReadiness, commitDefinition, installPackage, queryApproved, queryCommitted, queryInstalled, type ChaincodeDefinition } from './commands.js';
export { definitionVersion, deployChaincode, isMajority, type ChaincodeDeployment, type DeployingOrganisation, type WantedDefinition } from './deploy-chaincode.js';
export { fetchChannelConfig } from './fetch-channel-config.js';
export { explainFailure } from './failures.js';
export type { ApprovedDefinition, CommittedDefinition } from './outputs.js';
export { ordererArgs, runPeer, writePeerClientConfig } from './run-peer.js';
export type { ClientTlsFiles, FabricEndpoint, LifecycleAdmin, PeerProgram } from './targets.js';
