export { createEndorser, type Endorser, type EndorserOptions } from './endorser.js';
export { startEndorserNode, type EndorserNode, type EndorserNodeOptions } from './adapters/endorser-node.js';
export type { FollowedLedger } from './adapters/open-follower.js';
export { verifyTargetData, type VerifiedTargetData } from './domain/verify-target-data.js';
export type { EndorsementContext } from './domain/context.js';
export type { EndorserCheckpoint, EndorserLedger, EndorserState } from './ports.js';
