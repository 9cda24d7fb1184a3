import { SelvedgeError } from '@selvedge/errors';
import type { PlaintextOwner } from '../../plaintext/plaintext-store.js';

/** Refuses a store that holds another node's datasets, or another channel's. Throws PLAINTEXT_STORE_IN_USE. */
export function verifyStoreOwner(found: PlaintextOwner | undefined, own: PlaintextOwner): void {
  if (found === undefined || (found.channel === own.channel && found.node === own.node)) return;
  throw new SelvedgeError('PLAINTEXT_STORE_IN_USE', `the store of plaintext datasets holds those of ${nameOf(found)}, not of ${nameOf(own)}`);
}

/** The refusal of a second writer. @param owner as far as it is known @param holder a process or session */
export function storeInUse(owner: PlaintextOwner | undefined, holder: string): SelvedgeError {
  return new SelvedgeError('PLAINTEXT_STORE_IN_USE', `the store of plaintext datasets is open already, by ${owner === undefined ? 'a node without a name yet' : nameOf(owner)} (${holder})`);
}

function nameOf({ node, channel }: PlaintextOwner): string {
  return `node ${node} on channel ${channel}`;
}
