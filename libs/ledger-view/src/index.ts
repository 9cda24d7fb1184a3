export { createLedgerViewTracker } from './tracker.js';
export { verifyFollowerAnswer, type FollowerStatement } from './statement.js';
export type { FollowerPort, LedgerView, LedgerViewTracker, LedgerViewTrackerOptions } from './ports.js';
