export { createLedgerViewTracker } from './tracker.js';
export { verifyFollowerAnswer, type FollowerStatement } from './statement.js';
export type { FollowerPort, LedgerAdvance, LedgerView, LedgerViewTracker, LedgerViewTrackerOptions } from './ports.js';
