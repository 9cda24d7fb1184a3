import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { attestRootBirth, createBrokerRoot, type Attester } from '@selvedge/attestation';
import { BROKER_AUDIT_FILE } from '@selvedge/attestation/process';
import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { encodeMessage, EvidenceSchema } from '@selvedge/protocol';
import { startEvent } from '../domain/audit-events.js';
import { openRootSlot, withRootSlot } from '../domain/root-slot.js';
import { createBrokerState, createReplicaState, verifyStateOf } from '../domain/state.js';
import { createStoreLock, isLockOf, type StoreLock } from '../domain/unlock-secret.js';
import type { AuditLog, BrokerState, Checkpoint, StateStore } from '../ports.js';
import type { ReceivedRoot } from '../replication/share.js';
import { openEncryptedStore, readEncryptedStore } from './encrypted-store.js';
import { openFileAuditLog } from './file-audit-log.js';

export interface BrokerStoreOptions {
  /** Names network and channel, and who holds shares of the unlock secret. */
  readonly profile: Profile;
  readonly directory: string;
  /** Of the broker's TEE: a new root gets evidence of how it was made. */
  readonly attester: Attester;
  /** What the organisations' shares gave; undefined for a store that is not there yet, or that the root opens. */
  readonly unlockSecret: Uint8Array | undefined;
  /** What another replica handed over: it opens this replica's store, or begins it. */
  readonly received?: ReceivedRoot | undefined;
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
 * Opens the store, or makes root secret and root on the first start, unless another replica handed them over. When the
 * profile names other holders than the store's shares were made for, it makes a fresh unlock secret and shares: the old
 * ones open nothing any more. Records the start in the audit log, and the log's head in the state.
 * Rejects with INVALID_CONFIGURATION, BROKER_LOCKED, UNLOCK_FAILED, WRONG_NETWORK, WRONG_CHANNEL, BROKER_STATE_MISMATCH, AUDIT_LOG_*.
 */
export async function openBrokerStore(options: BrokerStoreOptions): Promise<BrokerStore> {
  const { profile, directory, received, now, randomBytes, checkpoint = () => undefined } = options;
  const { network, channel } = profile.message;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { present, stored } = readPresent(options);
  const auditFile = join(directory, BROKER_AUDIT_FILE);
  if (stored === undefined && existsSync(auditFile)) throw new SelvedgeError('UNLOCK_FAILED', 'the store holds an audit log but no state: restore the state');
  const state = stored ?? (await firstState(options));
  verifyStateOf(state, { network, channel });
  if (received !== undefined && !equalBytes(state.rootCertificate, received.root.rootCertificate)) throw new SelvedgeError('BROKER_STATE_MISMATCH', 'the store is of another root than the replicas have');
  const held = present !== undefined && isLockOf(present.slots, profile) ? present : await createStoreLock(profile, randomBytes);
  const lock = withRootSlot(held, state.rootSecret, randomBytes);
  const store = openEncryptedStore(directory, lock, checkpoint);
  if (lock !== present) store.save(state);
  const audit = openFileAuditLog({ path: auditFile, rootKey: state.rootKey, anchor: state.auditAnchor, checkpoint });
  try {
    audit.append(startEvent(stored === undefined, received, now()));
    const { count, hash } = audit.head();
    // A root is received only while the ledger records it, which an older store may not know.
    const anchored = { ...state, recognised: state.recognised || received !== undefined, auditAnchor: { count, hash } };
    store.save(anchored);
    return { state: anchored, store, audit };
  } catch (error) {
    // Tried again by the same process.
    audit.close();
    throw error;
  }
}

function readPresent({ directory, unlockSecret, received }: BrokerStoreOptions): { readonly present?: StoreLock; readonly stored?: BrokerState } {
  const read = readEncryptedStore(directory, (slots) => {
    const secret = unlockSecret ?? (received && openRootSlot(slots, received.root.rootSecret));
    if (secret === undefined) throw new SelvedgeError('BROKER_LOCKED', 'the key broker’s store is locked');
    return secret;
  });
  return read === undefined ? {} : { present: read.lock, stored: read.state };
}

async function firstState({ profile, attester, received, randomBytes, now }: BrokerStoreOptions): Promise<BrokerState> {
  const { network, channel } = profile.message;
  if (received !== undefined) return createReplicaState({ network, channel, root: received.root });
  const root = createBrokerRoot({ network, channel, now: now() });
  const birth = await attestRootBirth(attester, { rootCertificate: root.certificate, profileDigest: profile.digest });
  return createBrokerState({ network, channel, root, rootBirth: encodeMessage(EvidenceSchema, birth), randomBytes });
}
