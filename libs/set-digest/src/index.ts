export { EMPTY_ROOT, EMPTY_SET, pairOf, type SetPair, type SetRoot } from './hashes.js';
export { buildSetRoot } from './build.js';
export { createMemoryPages, updateSet, type PageStore, type SetChange } from './update.js';
export { datasetRoot, tagChange, tagRoot, type TaggedEntry } from './dataset.js';
export { digestText, isStatementQuorum, verifySetStatement, type VerifiedStatement } from './statement.js';
