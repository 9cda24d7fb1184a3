import { openViewLog, verifyViewLog, type AuditAnchor, type ViewLogAuthority } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import type { AppendLog } from '@selvedge/attestation/process';
import type { CertifiedSigner } from '@selvedge/tee-node';
import type { ViewAudit } from '../ports.js';

const NO_ANCHOR: AuditAnchor = { count: 0, hash: new Uint8Array(0) };

export interface ViewAuditOptions {
  readonly log: AppendLog;
  readonly now: () => Date;
}

/** The audit log of one viewer. */
export interface KeptViewAudit extends ViewAudit {
  /**
   * Verifies what the log holds and goes on under this key; called with each release of keys, of which the first counts:
   * the signing key stays the same while the process runs. Throws AUDIT_LOG_*, TEE_CERTIFICATE_INVALID: then nothing is shown.
   */
  open(signer: CertifiedSigner, authority: ViewLogAuthority): void;
}

export function createViewAudit({ log, now }: ViewAuditOptions): KeptViewAudit {
  let opened: ReturnType<typeof openViewLog> | undefined;
  return {
    open(signer, authority) {
      if (opened !== undefined) return;
      const head = verifyViewLog(log.lines, authority, NO_ANCHOR);
      opened = openViewLog(head, signer, (line) => { log.append(line); }, now());
    },
    record(event) {
      if (opened === undefined) throw new SelvedgeError('NOT_READY', 'the audit log of views is not open');
      return opened.record(event);
    },
  };
}
