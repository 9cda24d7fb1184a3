import type { ViewEvent } from '@selvedge/attestation';

/** Where a view stands in the audit log. */
export interface RecordedView {
  /** Entries up to this one. */
  readonly count: number;
  /** Of this entry, 32 bytes. */
  readonly hash: Uint8Array;
}

/** Append-only record of every view. */
export interface ViewAudit {
  /** Durable when it returns. Throws NOT_READY before the log is open, and what writing throws. */
  record(event: Exclude<ViewEvent, { readonly event: 'started' }>): RecordedView;
}
