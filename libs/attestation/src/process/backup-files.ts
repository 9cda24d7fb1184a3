import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { encodeBrokerBackup, parseBrokerBackup } from '../unlock/backup.js';
import { syncDirectory } from './append-log.js';

/** Files of a key broker's store. */
export const BROKER_STATE_FILE = 'state.sealed';
export const BROKER_AUDIT_FILE = 'audit.jsonl';

/** Bytes of a backup of the store in a directory; its broker may run meanwhile. Throws INVALID_CONFIGURATION when there is no store, LIMIT_EXCEEDED. */
export function backUpBrokerStore(directory: string): Uint8Array {
  const [stateFile, auditFile] = filesOf(directory);
  if (!existsSync(stateFile) || !existsSync(auditFile)) throw new SelvedgeError('INVALID_CONFIGURATION', `${directory} holds no store of a key broker`);
  // The state first: it is replaced as a whole, and the log that is read after it is never behind the head that it holds.
  const state = readFileSync(stateFile);
  return encodeBrokerBackup({ state, audit: readFileSync(auditFile) });
}

/**
 * Makes a store of a backup, in a directory that has none; durable when it returns. The broker that is started there stays
 * locked until enough organisations send their shares.
 * Throws BACKUP_DAMAGED, or INVALID_CONFIGURATION where there is a store: nothing is written over.
 */
export function restoreBrokerStore(backup: Uint8Array, directory: string): void {
  const { state, audit } = parseBrokerBackup(backup);
  const [stateFile, auditFile] = filesOf(directory);
  if (existsSync(stateFile) || existsSync(auditFile)) throw new SelvedgeError('INVALID_CONFIGURATION', `${directory} holds a store of a key broker already; it is not written over`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // A store without its state does not open, so a restore that was interrupted does not pass for one.
  writeNew(auditFile, audit);
  writeNew(stateFile, state);
  syncDirectory(directory);
  syncDirectory(dirname(directory));
}

function filesOf(directory: string): [state: string, audit: string] {
  return [join(directory, BROKER_STATE_FILE), join(directory, BROKER_AUDIT_FILE)];
}

function writeNew(path: string, content: Uint8Array): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    for (let at = 0; at < content.length; ) at += writeSync(file, content, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
