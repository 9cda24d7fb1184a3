export { createKeyBroker, type KeyBroker, type KeyBrokerOptions } from './key-broker.js';
export type { AuditLog, BrokerState, Checkpoint, LedgerPort, StateStore } from './ports.js';
export type { AuditAnchor, AuditEvent } from './domain/audit-chain.js';
export { openBrokerStore, type BrokerStore, type BrokerStoreOptions } from './adapters/broker-store.js';
export { createKeyBrokerService } from './adapters/rpc-handlers.js';
export { createRpcFollower } from './adapters/rpc-follower.js';
