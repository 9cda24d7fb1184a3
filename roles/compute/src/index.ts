export type { ChaincodeEvent, ChaincodeHost, ChaincodeResult, Invocation, StateCalls, StateEntry } from './ports.js';
export { CHAINCODE_LIMITS, createChaincodeHost, type ChaincodeHostOptions, type ChaincodeHostStatus, type ChaincodeLimits, type ProcessChaincodeHost } from './chaincode/index.js';
export { createComputeNode, type ComputeLimits, type ComputeNode, type ComputeNodeOptions } from './compute-node.js';
export type { ExecutionOptions } from './execution.js';
export { isComplete } from './domain/expected-keys.js';
export { readContractPolicy } from './domain/contract-terms.js';
export { createPackageKeeper, type HeldPackage, type PackageKeeper, type PackageKeeperOptions } from './adapters/package-keeper.js';
export { createKeptPoints, type KeptPoints, type KeptPointsOptions } from './domain/kept-points.js';
export { describeMissing, probeSandbox, requireCompleteSandbox, type MissingLayer, type SandboxPlatform } from './sandbox/index.js';
