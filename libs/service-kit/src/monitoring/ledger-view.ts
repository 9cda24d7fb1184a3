import { withRole, type RoleName } from '@selvedge/errors';
import type { Monitor } from './monitor.js';

/** What is to be seen of a ledger view. */
export interface SeenView {
  readonly height: bigint;
  ageMs(): number;
}

/** Shows the ledger view of a TEE: it is ready while it has one that may be used. @param view throws the refusal while there is none */
export function monitorLedgerView({ metrics, readiness }: Monitor, role: RoleName, view: () => SeenView): void {
  metrics.read('selvedge_ledger_height', () => [{ labels: {}, value: Number(view().height) }]);
  metrics.read('selvedge_ledger_view_age_seconds', () => [{ labels: {}, value: view().ageMs() / 1_000 }]);
  readiness.require('ledger-view', () => {
    try {
      view();
      return undefined;
    } catch (error) {
      return withRole(error, role).code;
    }
  });
}
