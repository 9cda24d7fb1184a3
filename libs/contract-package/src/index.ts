export { collectPackage, type CollectedPackage } from './collect.js';
export { COLLECTIONS_FILE, parseCollections, type CollectionConfig } from './collections.js';
export { hashTree } from './hash-tree.js';
export { PACKAGE_LIMITS, type PackageLimits } from './limits.js';
export { readManifest, selvedgeJsonSchema, type ContractManifest, type SelvedgeJson } from './manifest.js';
export { eachInSlices } from './slices.js';
export { readStartCommand, type StartCommand } from './start-command.js';
export { installPackage, packagePath } from './store.js';
export { comparePaths, listTree, type TreeFile, type WalkOptions } from './tree.js';
