import { withRole } from '@selvedge/errors';
import { newestEpochs, type FactList } from '@selvedge/policy';
import { monitorLedgerView, type SeenView } from '../monitoring/ledger-view.js';
import type { Monitor } from '../monitoring/monitor.js';

/** What is to be seen of the keys that a node holds. */
export interface SeenKeys {
  /** When the first certificate ends. */
  readonly notAfter: Date;
}

/** What a node that gets keys from the broker has. */
export interface KeyHolderState {
  readonly role: 'compute' | 'viewer';
  /** Throws while there is none that may be used. */
  readonly view: () => SeenView & FactList;
  /** undefined until the first release. */
  readonly keys: () => SeenKeys | undefined;
  readonly now: () => Date;
}

/** Told of each attempt to get keys, each failed poll of the ledger, and each refusal. */
export interface KeyHolderMonitor {
  onKeys(): void;
  onKeyFailure(error: unknown): void;
  onViewFailure(error: unknown): void;
  /** A refusal under the response key is its requester's alone: such count together. */
  onRefusal(refusal: { readonly code: string; readonly isSealed: boolean }): void;
}

/** Shows view, keys and certificate of a node. It is ready while it has a view and keys whose certificates have not ended. */
export function monitorKeyHolder(monitor: Monitor, { role, view, keys, now }: KeyHolderState): KeyHolderMonitor {
  const { metrics, readiness } = monitor;
  let attestedAt: number | undefined;
  let lastFailure = 'no keys yet';
  monitorLedgerView(monitor, role, view);
  metrics.read('selvedge_key_epoch', () => newestEpochs(view()).map(({ contract, epoch }) => ({ labels: { contract }, value: Number(epoch) })));
  metrics.read('selvedge_attestation_time_seconds', () => (attestedAt === undefined ? [] : [{ labels: {}, value: attestedAt }]));
  metrics.read('selvedge_certificate_end_time_seconds', () => {
    const held = keys();
    return held === undefined ? [] : [{ labels: {}, value: held.notAfter.getTime() / 1_000 }];
  });
  readiness.require('keys', () => {
    const held = keys();
    if (held === undefined) return lastFailure;
    return held.notAfter > now() ? undefined : 'the TEE certificate has ended';
  });
  return {
    onKeys() {
      attestedAt = now().getTime() / 1_000;
      metrics.count('selvedge_key_requests_total', { code: 'OK' });
    },
    onKeyFailure(error) {
      lastFailure = withRole(error, role).code;
      metrics.count('selvedge_key_requests_total', { code: lastFailure });
    },
    onViewFailure(error) {
      metrics.count('selvedge_ledger_view_failures_total', { code: withRole(error, role).code });
    },
    onRefusal({ code, isSealed }) {
      metrics.count('selvedge_refusals_total', { code: isSealed ? 'sealed' : code });
    },
  };
}
