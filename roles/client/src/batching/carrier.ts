import { randomBytes } from 'node:crypto';
import type { Signer } from '@selvedge/identity';
import { computeTxId } from '@selvedge/protocol';

const NONCE_BYTES = 24;

/**
 * On Fabric, what a batch travels in: a transaction of whoever sends it, with an id of its own each time. A conflict uses that id up and
 * leaves the items' ids free, whose markers alone say that they are used; with the id of an item an honest client would have to
 * give that item another one, and whoever holds the batch could have both committed.
 */
export function createCarrier({ serialized }: Signer): { readonly nonce: Uint8Array; readonly carrierTxId: Uint8Array } {
  const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
  return { nonce, carrierTxId: computeTxId(nonce, serialized) };
}
