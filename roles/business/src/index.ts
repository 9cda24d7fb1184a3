export { startBusinessNode, type BusinessNode, type BusinessNodeOptions, type FollowedLedger } from './adapters/business-node.js';
export { verifyStateQuery, type QueryContext } from './domain/verify-state-query.js';
export { answerStateQuery } from './domain/answer-state-query.js';
export { verifyStage, type StageContext } from './domain/verify-stage.js';
export { stageTransaction, type StagingOptions } from './stage.js';
export { applyBlock, type PacketMover } from './store/apply-block.js';
export { openPacketStore, type PacketStore } from './store/packet-store.js';
export { DEFAULT_PENDING_LIMITS, openPendingStore, type PendingLimits, type PendingStore } from './store/pending-store.js';
export type { BusinessCheckpoint, BusinessLedger, BusinessState, DatasetPlace, PacketReader } from './ports.js';
