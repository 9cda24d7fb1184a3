import { equalBytes, fromHex, labelledHash, labelledHmac, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';

/** What is recorded: who asked, what was seen of it, and what came of it. Never a key. */
export interface AuditEvent {
  readonly event: 'created' | 'started' | 'released' | 'refused';
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly nodeId?: string;
  readonly operatorMspId?: string;
  readonly suite?: string;
  readonly teeType?: string;
  /** Digests and ids as lower-case hex. */
  readonly platformId?: string;
  readonly measurement?: string;
  readonly evidenceDigest?: string;
  readonly ledgerHeight?: string;
  readonly channelEpoch?: string;
  /** `name@epoch` of every contract key epoch released. */
  readonly contracts?: readonly string[];
  /** Refusal code. */
  readonly code?: string;
}

/** A place in the chain: how many entries there are up to it, and the last one's hash. */
export interface AuditAnchor {
  readonly count: number;
  /** 32 bytes; empty when count is 0. */
  readonly hash: Uint8Array;
}

/** One line of the log. */
interface AuditEntry {
  readonly number: number;
  /** Exactly the bytes that are hashed. */
  readonly body: string;
  readonly hash: string;
  /** Keyed, so that a host cannot write a whole new chain. */
  readonly mac: string;
}

export const EMPTY_CHAIN: AuditAnchor = { count: 0, hash: new Uint8Array(0) };

function hashEntry(previous: AuditAnchor, body: string): Uint8Array {
  return labelledHash('audit entry', previous.count, previous.hash, body);
}

function macEntry(auditKey: Uint8Array, hash: Uint8Array): Uint8Array {
  return labelledHmac(auditKey, 'audit entry', hash);
}

/** Appends an event to a chain: the new head, and the JSON line to write, line feed included. */
export function chainEvent(previous: AuditAnchor, event: AuditEvent, auditKey: Uint8Array): { head: AuditAnchor; line: string } {
  const body = JSON.stringify(event);
  const hash = hashEntry(previous, body);
  const entry: AuditEntry = { number: previous.count, body, hash: toHex(hash), mac: toHex(macEntry(auditKey, hash)) };
  return { head: { count: previous.count + 1, hash }, line: `${JSON.stringify(entry)}\n` };
}

/**
 * Verifies a whole log and returns its head.
 * @param anchor a head that the log must have had
 * Throws AUDIT_LOG_BROKEN and names the entry.
 */
export function verifyChain(lines: readonly string[], auditKey: Uint8Array, anchor: AuditAnchor): AuditAnchor {
  if (lines.length < anchor.count) throw broken(lines.length, 'entries are missing at the end');
  let head = EMPTY_CHAIN;
  for (const line of lines) {
    head = verifyEntry(head, line, auditKey);
    if (head.count === anchor.count && !equalBytes(head.hash, anchor.hash)) throw broken(head.count - 1, 'is not the entry that the broker knows');
  }
  return head;
}

function verifyEntry(previous: AuditAnchor, line: string, auditKey: Uint8Array): AuditAnchor {
  const entry = parseEntry(line, previous.count);
  const hash = hashEntry(previous, entry.body);
  if (entry.number !== previous.count) throw broken(previous.count, 'has another number');
  if (toHex(hash) !== entry.hash) throw broken(previous.count, 'does not follow from the one before it');
  if (!equalBytes(macEntry(auditKey, hash), fromHex(entry.mac))) throw broken(previous.count, 'was not written by this broker');
  return { count: previous.count + 1, hash };
}

function parseEntry(line: string, number: number): AuditEntry {
  try {
    const value = JSON.parse(line) as Partial<AuditEntry>;
    if (typeof value.number === 'number' && typeof value.body === 'string' && typeof value.hash === 'string' && typeof value.mac === 'string' && /^[0-9a-f]{64}$/.test(value.mac)) {
      return value as AuditEntry;
    }
  } catch {
    // Refused below.
  }
  throw broken(number, 'does not parse');
}

function broken(number: number, what: string): SelvedgeError {
  return new SelvedgeError('AUDIT_LOG_BROKEN', `audit log: entry ${String(number)} ${what}`);
}
