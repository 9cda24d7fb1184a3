import { equalBytes, labelledHash } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';

/** What a key broker's store consists of. Neither part holds a key in the clear. */
export interface BrokerBackup {
  /** The sealed state with its clear head: shares of the unlock secret, each sealed to its organisation. */
  readonly state: Uint8Array;
  /** The audit log: JSON lines, the last one whole. At least as new as the state. */
  readonly audit: Uint8Array;
}

/**
 * File: magic (8) | length of the state (4, big-endian) | state | audit log | digest (32) of both. The digest tells damage
 * from a wrong share; what protects the content is that the state is sealed, and that every entry of the log is signed.
 */
const MAGIC = Buffer.from('SLVKBB01', 'latin1');
const LENGTH_BYTES = 4;
const DIGEST_BYTES = 32;
const MAX_STATE_BYTES = 1024 * 1024;
/** About half a million entries of the audit log. */
const MAX_BACKUP_BYTES = 256 * 1024 * 1024;

/** Puts a backup together. What follows the log's last line feed was being written, and is left out. Throws LIMIT_EXCEEDED. */
export function encodeBrokerBackup({ state, audit }: BrokerBackup): Uint8Array {
  const log = Buffer.from(audit.buffer, audit.byteOffset, audit.byteLength);
  const lines = log.subarray(0, log.lastIndexOf('\n') + 1);
  if (state.length > MAX_STATE_BYTES || state.length + lines.length > MAX_BACKUP_BYTES - MAGIC.length - LENGTH_BYTES - DIGEST_BYTES) throw new SelvedgeError('LIMIT_EXCEEDED', 'the key broker’s store is larger than a backup may be');
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(state.length);
  return Buffer.concat([MAGIC, length, state, lines, digestOf(state, lines)]);
}

/** Takes a backup apart. Throws BACKUP_DAMAGED when it is none, was cut short, or a byte is another. */
export function parseBrokerBackup(bytes: Uint8Array): BrokerBackup {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stateAt = MAGIC.length + LENGTH_BYTES;
  const digestAt = content.length - DIGEST_BYTES;
  if (content.length > MAX_BACKUP_BYTES || digestAt < stateAt || !equalBytes(content.subarray(0, MAGIC.length), MAGIC)) throw damaged();
  const auditAt = stateAt + content.readUInt32BE(MAGIC.length);
  if (auditAt - stateAt > MAX_STATE_BYTES || auditAt > digestAt) throw damaged();
  const [state, audit] = [content.subarray(stateAt, auditAt), content.subarray(auditAt, digestAt)];
  if (!equalBytes(content.subarray(digestAt), digestOf(state, audit))) throw damaged();
  return { state, audit };
}

function digestOf(state: Uint8Array, audit: Uint8Array): Uint8Array {
  return labelledHash('broker backup', state, audit);
}

function damaged(): SelvedgeError {
  return new SelvedgeError('BACKUP_DAMAGED', 'not a whole backup of a key broker');
}
