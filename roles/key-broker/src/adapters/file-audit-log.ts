import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { dirname } from 'node:path';
import { BROKER_AUDIT_FILE, chainEvent, verifyAuditChain, type AuditAnchor } from '@selvedge/attestation';
import type { AuditLog, Checkpoint } from '../ports.js';
import { syncDirectory } from './atomic-file.js';

export const AUDIT_FILE = BROKER_AUDIT_FILE;

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
  const content = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  // What follows the last line feed was cut short by a crash before anyone was answered.
  const completeBytes = content.lastIndexOf('\n') + 1;
  const lines = content.subarray(0, completeBytes).toString('utf8').split('\n').slice(0, -1);
  let head = verifyAuditChain(lines, createPublicKey(rootKey), anchor);
  let sizeBytes = completeBytes;
  const file = openSync(path, 'a', 0o600);
  ftruncateSync(file, completeBytes);
  fsyncSync(file);
  syncDirectory(dirname(path));
  return {
    head: () => head,
    append(event) {
      const next = chainEvent(head, event, rootKey);
      const line = Buffer.from(next.line);
      try {
        for (let at = 0; at < line.length; ) at += writeSync(file, line, at);
        checkpoint('key-broker.audit.before-sync');
        fsyncSync(file);
        checkpoint('key-broker.audit.after-sync');
      } catch (error) {
        // As on a full disk: what was written in part must not stand before the next entry.
        ftruncateSync(file, sizeBytes);
        throw error;
      }
      sizeBytes += line.length;
      head = next.head;
    },
    close() {
      closeSync(file);
    },
  };
}
