export { unpackPackageFile, type UnpackedPackage } from './archive/unpack.js';
export { packageFileName, writePackageFile } from './archive/pack.js';
export type { PackageMetadata } from './archive/metadata.js';
export { admissible, describeLacking, nodesWithout, requireHeld, untilHeld, whatLacks, type ComputeNodes, type LackingNode } from './held-packages.js';
export { bringContract, planContract, type ContractPlan, type ContractProgress } from './lifecycle.js';
export { commitPending, findPending, readPending, verifyCommittable, type PendingContract, type RefusedApproval } from './pending.js';
export type { EndorsementState, LifecyclePorts, PresentPolicy } from './ports.js';
export { addApproval, approveProposal, listProposals, proposalName, removeOutdated, removeProposal, type Proposal, type WantedChange } from './proposals.js';
export { encodePolicy } from './wanted-policy.js';
