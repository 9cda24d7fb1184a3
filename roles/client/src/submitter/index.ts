export { startSubmitter, type SubmitterNode, type SubmitterNodeOptions } from '../adapters/submitter-node.js';
export type { SubmitterPolicy } from './submitter.js';
export { verifyBatchPolicy } from '../batching/contract-batches.js';
