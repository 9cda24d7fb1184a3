export { createKeyBroker, type KeyBroker, type KeyBrokerOptions } from './key-broker.js';
export { createBrokerGate, type BrokerGate, type BrokerGateOptions } from './broker-gate.js';
export type { AuditLog, BrokerState, Checkpoint, LedgerPort, StateStore } from './ports.js';
export { openBrokerStore, type BrokerStore, type BrokerStoreOptions } from './adapters/broker-store.js';
export { readStoreSlots } from './adapters/encrypted-store.js';
export { createKeyBrokerService, createUnlockService } from './adapters/rpc-handlers.js';
export { createRpcFollower } from './adapters/rpc-follower.js';
