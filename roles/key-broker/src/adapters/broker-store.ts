import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { createBrokerState, verifyStateOf } from '../domain/state.js';
import { createStoreLock, isLockOf, type StoreLock } from '../domain/unlock-secret.js';
import type { AuditLog, BrokerState, Checkpoint, StateStore } from '../ports.js';
import { openEncryptedStore, readStoreSlots } from './encrypted-store.js';
import { AUDIT_FILE, openFileAuditLog } from './file-audit-log.js';

export interface BrokerStoreOptions {
  /** Names network and channel, and who holds shares of the unlock secret. */
  readonly profile: Profile;
  readonly directory: string;
  /** What the organisations' shares gave; undefined for a store that is not there yet. */
  readonly unlockSecret: Uint8Array | undefined;
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
 * Opens the store, or makes root secret and root on the first start. When the profile names other holders than the
 * store's shares were made for, it makes a fresh unlock secret and shares: the old ones open nothing any more. Records
 * the start in the audit log, and the log's head in the state.
 * Rejects with INVALID_CONFIGURATION, BROKER_LOCKED, UNLOCK_FAILED, WRONG_NETWORK, WRONG_CHANNEL, AUDIT_LOG_*.
 */
export async function openBrokerStore(options: BrokerStoreOptions): Promise<BrokerStore> {
  const { profile, directory, now, randomBytes, checkpoint = () => undefined } = options;
  const { network, channel } = profile.message;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const present = presentLock(options);
  const stored = present && openEncryptedStore(directory, present, checkpoint).load();
  const auditFile = join(directory, AUDIT_FILE);
  if (stored === undefined && existsSync(auditFile)) throw new SelvedgeError('UNLOCK_FAILED', 'the store holds an audit log but no state: restore the state');
  const state = stored ?? createBrokerState({ network, channel, randomBytes, now: now() });
  verifyStateOf(state, { network, channel });
  const lock = present !== undefined && isLockOf(present.slots, profile) ? present : await createStoreLock(profile, randomBytes);
  const store = openEncryptedStore(directory, lock, checkpoint);
  if (lock !== present) store.save(state);
  const audit = openFileAuditLog({ path: auditFile, rootKey: state.rootKey, anchor: state.auditAnchor, checkpoint });
  audit.append({ event: stored === undefined ? 'created' : 'started', at: now().toISOString() });
  const { count, hash } = audit.head();
  const anchored = { ...state, auditAnchor: { count, hash } };
  store.save(anchored);
  return { state: anchored, store, audit };
}

function presentLock({ directory, unlockSecret: secret }: BrokerStoreOptions): StoreLock | undefined {
  const slots = readStoreSlots(directory);
  if (slots === undefined) return undefined;
  if (secret === undefined) throw new SelvedgeError('BROKER_LOCKED', 'the key broker’s store is locked');
  return { secret, slots };
}
