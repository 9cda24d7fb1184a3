import { fromHex, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, signing } from '@selvedge/protocol';
import { chainEntry, verifySignedChain, type AuditAnchor, type AuditHead, type EntryCheck } from './audit-chain.js';
import { verifyTeeCertificate, type TeeCertificate } from './certificate/verify.js';

/** What a viewer records: who looked at what, when, and what came of it. Never the name of a key, nor a value. */
export type ViewEvent =
  | {
      /** The entries from here on are signed by the key of this certificate. */
      readonly event: 'started';
      /** ISO 8601, UTC. */
      readonly at: string;
      /** TEE certificate, DER as lower-case hex. */
      readonly certificate: string;
    }
  | {
      readonly event: 'viewed' | 'refused';
      readonly at: string;
      /** The reader, whose signature was checked. */
      readonly mspId: string;
      /** SHA-256 of the reader's certificate, DER; digests and ids as lower-case hex. */
      readonly reader: string;
      readonly question: 'key' | 'history' | 'transaction';
      readonly contract: string;
      readonly dataset?: string;
      /** As it stands on the ledger. */
      readonly ledgerKey?: string;
      readonly txId?: string;
      readonly ledgerHeight: string;
      /** Refusal code. */
      readonly code?: string;
    };

/** Whose log it is: a certificate must be of this node, and of the key broker that the ledger records. */
export interface ViewLogAuthority {
  /** DER. */
  readonly rootCertificate: Uint8Array;
  readonly network: string;
  readonly channel: string;
  /** undefined: whatever node the first certificate names. */
  readonly nodeId?: string;
}

/**
 * Verifies a whole log by the key broker's root alone; a viewer has a fresh signing key with each start, which an entry
 * of its own certifies. Throws AUDIT_LOG_* as verifyAuditChain, TEE_CERTIFICATE_INVALID.
 */
export function verifyViewLog(lines: readonly string[], authority: ViewLogAuthority, anchor: AuditAnchor): AuditHead {
  return verifySignedChain(lines, createEntryCheck(authority), anchor);
}

function createEntryCheck(authority: ViewLogAuthority): EntryCheck {
  let { nodeId } = authority;
  let signer: TeeCertificate | undefined;
  return (body, { hash, signature }) => {
    const der = startedCertificate(body);
    if (der !== undefined) {
      const certificate = verifyTeeCertificate(der, authority.rootCertificate);
      const { binding } = certificate;
      nodeId ??= binding.nodeId;
      const isOwn = binding.role === 'viewer' && binding.nodeId === nodeId && binding.network === authority.network && binding.channel === authority.channel;
      if (!isOwn) return false;
      signer = certificate;
    }
    return signer?.suite.isSignatureValid(signer.publicKey, signing.auditEntry(hash), signature) === true;
  };
}

/** undefined: an entry of another kind. */
function startedCertificate(body: string): Uint8Array | undefined {
  const { event, certificate } = parseBody(body);
  if (event !== 'started') return undefined;
  if (typeof certificate !== 'string' || certificate.length > 2 * LIMITS.maxCertificateBytes || !/^(?:[0-9a-f]{2})+$/.test(certificate)) throw new SelvedgeError('AUDIT_LOG_BROKEN', 'audit log: a start without its certificate');
  return fromHex(certificate);
}

function parseBody(body: string): { readonly event?: unknown; readonly certificate?: unknown } {
  try {
    const value = JSON.parse(body) as unknown;
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    throw new SelvedgeError('AUDIT_LOG_BROKEN', 'audit log: an entry does not parse');
  }
}

/** Continues a verified log under the key of a certificate. @param append makes a line durable */
export function openViewLog(head: AuditHead, signer: { readonly certificate: Uint8Array; sign(message: Uint8Array): Uint8Array }, append: (line: string) => void, at: Date): { record(event: Exclude<ViewEvent, { readonly event: 'started' }>): AuditHead } {
  let last = head;
  const record = (event: ViewEvent): AuditHead => {
    const next = chainEntry(last, event, (message) => signer.sign(message));
    append(next.line);
    last = next.head;
    return last;
  };
  record({ event: 'started', at: at.toISOString(), certificate: toHex(signer.certificate) });
  return { record };
}
