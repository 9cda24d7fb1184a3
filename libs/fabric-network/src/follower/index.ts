export type { FabricAppliedBlock, FabricAppliedTransaction, FabricApplyHook, FabricEndedEntry } from './applied-block.js';
export { createFabricBlockSource, type BlockSourceOptions, type DeliveredBlock, type FabricBlockSource } from './block-source.js';
export type { FabricResult } from './fabric-tables.js';
export { openFabricFollower, type FabricFollower, type FabricFollowerOptions } from './open-fabric-follower.js';
export { connectToPeer, type PeerConnection, type PeerConnectionOptions } from '../peer-connection.js';
