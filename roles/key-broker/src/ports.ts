import type { KeyObject } from 'node:crypto';
import type { LedgerView } from '@selvedge/ledger-view';
import type { AuditAnchor, AuditEvent, AuditHead } from '@selvedge/attestation';

/** Called at named moments, before and after each sync and acknowledgement, for crash and trace tests. */
export type Checkpoint = (name: string) => void;

/** What the broker needs of a ledger view tracker. */
export interface LedgerPort {
  /** The newest accepted view. Throws VIEW_QUORUM_UNREACHABLE or VIEW_BEHIND. */
  current(): LedgerView;
  /** A view under a nonce that is made after this call. Throws the same, or VIEW_ROLLED_BACK. */
  refresh(): Promise<LedgerView>;
}

/** Everything that the broker must keep: lost, no packet opens any more. */
export interface BrokerState {
  readonly network: string;
  readonly channel: string;
  /** 32 bytes; every key derives from it. */
  readonly rootSecret: Uint8Array;
  /** P-256. */
  readonly rootKey: KeyObject;
  /** DER. */
  readonly rootCertificate: Uint8Array;
  /** Evidence bytes by the process that made the root. */
  readonly rootBirth: Uint8Array;
  /** A ledger view has named this broker's root: envelope keys are no longer given out without a view. */
  readonly recognised: boolean;
  /** Head of the audit log when the broker last started or stopped in order: the log may have grown since, but not shrunk. */
  readonly auditAnchor: AuditAnchor;
}

/** What makes replicas one broker: every key derives from it. Secret. */
export type RootMaterial = Pick<BrokerState, 'rootSecret' | 'rootKey' | 'rootCertificate'>;

/** Keeps the state encrypted at rest. */
export interface StateStore {
  /** Durable when it returns. */
  save(state: BrokerState): void;
}

/** Append-only record of every release and refusal. Holds no secrets. */
export interface AuditLog {
  /** Number of entries, the last one's hash, and its signature. */
  head(): AuditHead;
  /** Durable when it returns. */
  append(event: AuditEvent): void;
  close(): void;
}
