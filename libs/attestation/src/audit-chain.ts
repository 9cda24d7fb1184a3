import type { KeyObject } from 'node:crypto';
import { equalBytes, fromHex, isP256SignatureValid, labelledHash, signP256, toHex } from '@selvedge/crypto';
import { SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { signing } from '@selvedge/protocol';

/** What a key broker records: who asked, what was seen of it, and what came of it. Never a key. */
export interface AuditEvent {
  readonly event: 'created' | 'joined' | 'started' | 'unlocked' | 'released' | 'root-shared' | 'refused' | 'refusals';
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Of the node that asked. */
  readonly role?: string;
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
  /** Of keys that key access rules refuse: contract, rules, what was seen and what was expected. */
  readonly denied?: readonly string[];
  /** Refusal code. */
  readonly code?: string;
  /** Of refusals that were counted only: `code=count` each, from this time on. */
  readonly refusals?: readonly string[];
  readonly since?: string;
}

/** A place in the chain: how many entries there are up to it, and the last one's hash. */
export interface AuditAnchor {
  readonly count: number;
  /** 32 bytes; empty when count is 0. */
  readonly hash: Uint8Array;
}

/** An anchor that the broker signed: every entry's signature makes one. */
export interface AuditHead extends AuditAnchor {
  /** By the broker's root; empty when count is 0. */
  readonly signature: Uint8Array;
}

/** One line of the log. */
interface AuditEntry {
  readonly number: number;
  /** Exactly the bytes that are hashed. */
  readonly body: string;
  readonly hash: string;
  /** By the broker's root over the hash, so that a host cannot write a whole new chain. */
  readonly signature: string;
}

export const EMPTY_CHAIN: AuditHead = { count: 0, hash: new Uint8Array(0), signature: new Uint8Array(0) };

function hashEntry(previous: AuditAnchor, body: string): Uint8Array {
  return labelledHash('audit entry', previous.count, previous.hash, body);
}

/** Appends an event to a broker's chain: the new head, and the JSON line to write, line feed included. */
export function chainEvent(previous: AuditAnchor, event: AuditEvent, rootKey: KeyObject): { head: AuditHead; line: string } {
  return chainEntry(previous, event, (message) => signP256(rootKey, message));
}

/** Appends to any chain. @param sign over signing.auditEntry */
export function chainEntry(previous: AuditAnchor, event: object, sign: (message: Uint8Array) => Uint8Array): { head: AuditHead; line: string } {
  const body = JSON.stringify(event);
  const hash = hashEntry(previous, body);
  const signature = new Uint8Array(sign(signing.auditEntry(hash)));
  const entry: AuditEntry = { number: previous.count, body, hash: toHex(hash), signature: toHex(signature) };
  return { head: { count: previous.count + 1, hash, signature }, line: `${JSON.stringify(entry)}\n` };
}

/** Whether the broker signed a head. A chain without entries has none. */
export function isAuditHeadSigned({ count, hash, signature }: AuditHead, rootPublicKey: KeyObject): boolean {
  return count === 0 ? hash.length === 0 : isP256SignatureValid(rootPublicKey, signing.auditEntry(hash), signature);
}

/**
 * Verifies a whole log and returns its head; no key of the broker's is needed.
 * @param anchor a head that the log must have had, out of authenticated state or with its signature checked
 * Throws AUDIT_LOG_TRUNCATED when entries are missing at the end, AUDIT_LOG_REORDERED when one is not at its place,
 * AUDIT_LOG_EDITED when one, or one before it, is not what the broker signed, AUDIT_LOG_BROKEN when one does not parse.
 */
export function verifyAuditChain(lines: readonly string[], rootPublicKey: KeyObject, anchor: AuditAnchor): AuditHead {
  // What the anchor's hash covers needs no signature of its own: a start must not take longer with every entry there ever was.
  return verifySignedChain(lines, (_body, head) => head.count <= anchor.count || isAuditHeadSigned(head, rootPublicKey), anchor);
}

/** Whether the entry with this body was written by whom the log belongs to. May throw an AUDIT_LOG code of its own. */
export type EntryCheck = (body: string, head: AuditHead) => boolean;

/** As verifyAuditChain, for a log whose entries are signed by other keys than a broker's root. */
export function verifySignedChain(lines: readonly string[], isOwn: EntryCheck, anchor: AuditAnchor): AuditHead {
  let head = EMPTY_CHAIN;
  for (const line of lines) {
    head = verifyEntry(head, line, isOwn);
    if (head.count === anchor.count && !equalBytes(head.hash, anchor.hash)) throw refuse('AUDIT_LOG_EDITED', head.count - 1, 'is not the one that was there before');
  }
  if (head.count < anchor.count) throw new SelvedgeError('AUDIT_LOG_TRUNCATED', `audit log: ${String(head.count)} entries, and there were ${String(anchor.count)}`);
  return head;
}

function verifyEntry(previous: AuditAnchor, line: string, isOwn: EntryCheck): AuditHead {
  const entry = parseEntry(line, previous.count);
  if (entry.number !== previous.count) throw refuse('AUDIT_LOG_REORDERED', previous.count, `is missing or was moved: number ${String(entry.number)} stands at its place`);
  const hash = hashEntry(previous, entry.body);
  if (toHex(hash) !== entry.hash) throw refuse('AUDIT_LOG_EDITED', previous.count, 'was changed, or one before it');
  const head = { count: previous.count + 1, hash, signature: fromHex(entry.signature) };
  if (!isOwn(entry.body, head)) throw refuse('AUDIT_LOG_EDITED', previous.count, 'was not written by its owner');
  return head;
}

function parseEntry(line: string, number: number): AuditEntry {
  try {
    const value = JSON.parse(line) as Partial<AuditEntry>;
    if (typeof value.number === 'number' && typeof value.body === 'string' && typeof value.hash === 'string' && typeof value.signature === 'string' && /^(?:[0-9a-f]{2}){1,80}$/.test(value.signature)) {
      return value as AuditEntry;
    }
  } catch {
    // Refused below.
  }
  throw refuse('AUDIT_LOG_BROKEN', number, 'does not parse');
}

function refuse(code: RefusalCode, number: number, what: string): SelvedgeError {
  return new SelvedgeError(code, `audit log: entry ${String(number)} ${what}`);
}
