import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createKeyRing } from '../domain/key-derivation.js';
import { createBrokerState, verifyStateOf } from '../domain/state.js';
import { SelvedgeError } from '@selvedge/errors';
import type { AuditLog, BrokerState, Checkpoint, StateStore } from '../ports.js';
import { openEncryptedStore } from './encrypted-store.js';
import { AUDIT_FILE, openFileAuditLog } from './file-audit-log.js';
import { readUnlockSecret } from './unlock-secret.js';

export interface BrokerStoreOptions {
  readonly network: string;
  readonly channel: string;
  readonly directory: string;
  readonly unlockSecretFile: string;
  readonly now: () => Date;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly checkpoint?: Checkpoint;
}

/** A broker's store, opened: its state and its audit log. */
export interface BrokerStore {
  readonly state: BrokerState;
  readonly store: StateStore;
  readonly audit: AuditLog;
}

/**
 * Opens the store, or makes root secret and root on the first start. Records the start in the audit log, and the log's
 * head in the state.
 * Throws INVALID_CONFIGURATION, UNLOCK_FAILED, WRONG_NETWORK, WRONG_CHANNEL, AUDIT_LOG_BROKEN.
 */
export function openBrokerStore(options: BrokerStoreOptions): BrokerStore {
  const { directory, unlockSecretFile, now, checkpoint = () => undefined } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const store = openEncryptedStore(directory, readUnlockSecret(unlockSecretFile, directory), checkpoint);
  const auditFile = join(directory, AUDIT_FILE);
  const stored = store.load();
  if (stored === undefined && existsSync(auditFile)) throw new SelvedgeError('UNLOCK_FAILED', 'the store holds an audit log but no state: restore the state');
  const state = stored ?? createBrokerState({ ...options, now: now() });
  verifyStateOf(state, options);
  if (stored === undefined) store.save(state);
  const audit = openFileAuditLog({ path: auditFile, auditKey: createKeyRing(state).auditKey, anchor: state.auditAnchor, checkpoint });
  audit.append({ event: stored === undefined ? 'created' : 'started', at: now().toISOString() });
  const anchored = { ...state, auditAnchor: audit.head() };
  store.save(anchored);
  return { state: anchored, store, audit };
}
