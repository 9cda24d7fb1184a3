import { createPublicKey, type KeyObject } from 'node:crypto';
import { chainEvent, verifyAuditChain, type AuditAnchor, type AuditHead } from '@selvedge/attestation';
import { openAppendLog } from '@selvedge/attestation/process';
import type { AuditLog, Checkpoint } from '../ports.js';


export interface FileAuditLogOptions {
  readonly path: string;
  /** The broker's root signs every entry. */
  readonly rootKey: KeyObject;
  /** A head that the log must have had. */
  readonly anchor: AuditAnchor;
  readonly checkpoint: Checkpoint;
}

/** Opens the audit log, verifies all of it, and appends from then on. Throws AUDIT_LOG_*. */
export function openFileAuditLog({ path, rootKey, anchor, checkpoint }: FileAuditLogOptions): AuditLog {
  const log = openAppendLog(path, {
    beforeSync: () => {
      checkpoint('key-broker.audit.before-sync');
    },
    afterSync: () => {
      checkpoint('key-broker.audit.after-sync');
    },
  });
  let head: AuditHead;
  try {
    head = verifyAuditChain(log.lines, createPublicKey(rootKey), anchor);
  } catch (error) {
    log.close();
    throw error;
  }
  return {
    head: () => head,
    append(event) {
      const next = chainEvent(head, event, rootKey);
      log.append(next.line);
      head = next.head;
    },
    close() {
      log.close();
    },
  };
}
