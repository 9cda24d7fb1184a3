import type { Monitor } from './monitor.js';

/** What is to be seen of a followed ledger. */
export interface FollowedHeight {
  readonly state: { readonly height: bigint };
  /** Why following stands still. */
  readonly failure: { readonly code: string } | undefined;
}

/** Shows the height of a node that follows the ledger. It is ready when it has blocks, and following does not stand still. */
export function monitorFollower({ metrics, readiness }: Monitor, follower: FollowedHeight): void {
  metrics.read('selvedge_ledger_height', () => [{ labels: {}, value: Number(follower.state.height) }]);
  readiness.require('ledger', () => follower.failure?.code ?? (follower.state.height === 0n ? 'no block yet' : undefined));
}
