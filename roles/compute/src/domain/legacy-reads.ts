import { setTimeout as sleep } from 'node:timers/promises';
import { sha256 } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { ReadsConfirmer, ReadScope, ServingNode } from '@selvedge/tee-node';
import type { DatasetPlace } from './datasets.js';
import type { ReadPoint } from './kept-points.js';

/** A point and the business node whose word it is. */
export interface ServedPoint {
  readonly point: ReadPoint;
  readonly node: ServingNode | undefined;
  /** Of the answer, by the node's word. */
  readonly height: bigint;
}

export interface ConfirmedPointOptions {
  readonly place: DatasetPlace;
  readonly scope: ReadScope;
  readonly confirmer: ReadsConfirmer;
  /** @param avoid addresses of business nodes to ask last */
  readonly fetch: (avoid: ReadonlySet<string>) => Promise<ServedPoint>;
}

/** An honest node may be a block behind the followers, or they behind it. */
const MAX_ATTEMPTS = 4;
const FIRST_PAUSE_MS = 50;
const NONE = new Uint8Array(0);

/** What a legacy read leaves in a read set; empty: absent. */
export function legacyValueHash(value: Uint8Array): Uint8Array {
  return value.length === 0 ? NONE : sha256(value);
}

/**
 * A key of a dataset that takes a collection over. A packet proves itself; that there is none, and what is served in place of one, is believed when
 * a quorum of organisations has signed, under a nonce of this question, that no packet stands there and, where the value was asked for, that
 * the ledger's hash is its own. Another owner is asked where it does not. Throws STATE_FORGED naming who served it, STATE_BEHIND
 * where it and the organisations speak of different heights, STATE_UNCONFIRMED, and what fetching throws.
 */
export async function readConfirmedPoint({ place, scope, confirmer, fetch }: ConfirmedPointOptions): Promise<ReadPoint> {
  const avoid = new Set(scope.avoid);
  for (let attempt = 1; ; attempt += 1) {
    const { point, node, height } = await fetch(avoid);
    const { entry, closed, legacy, ledgerKey } = point;
    if (entry !== undefined || closed !== undefined) return point;
    const { ownerSet, dataset, owners } = place;
    const read = { contract: scope.contract, ownerSet, dataset, ledgerKey, packetHash: NONE, ...(legacy === undefined ? {} : { legacyKeyHash: legacy.keyHash, legacyValueHash: legacyValueHash(legacy.value) }) };
    // The network's view quorum: nobody asked for more.
    const verdict = await confirmer.confirm({ keys: [read] }, { count: 0, owners, profile: scope.profile }, scope.minHeight);
    if (verdict.kind === 'standing') return point;
    if (attempt >= MAX_ATTEMPTS) throw refusalOf(node, `serves of collection ${dataset}, which is taken over, what the ledger does not have`, { height, confirmedHeight: verdict.height });
    if (node !== undefined) avoid.add(node.address);
    await sleep(FIRST_PAUSE_MS * attempt);
  }
}

/** Of one height they contradict each other; of two, one of them may lag. */
function refusalOf(node: ServingNode | undefined, what: string, { height, confirmedHeight }: { readonly height: bigint; readonly confirmedHeight: bigint }): SelvedgeError {
  const who = node === undefined ? 'a business node' : `${node.mspId} at ${node.address}`;
  if (height === confirmedHeight) return new SelvedgeError('STATE_FORGED', `${who} ${what}`);
  return new SelvedgeError('STATE_BEHIND', `${who} ${what}: it answers at height ${String(height)}, organisations at height ${String(confirmedHeight)}`);
}
