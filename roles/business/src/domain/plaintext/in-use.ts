import { SelvedgeError } from '@selvedge/errors';
import type { PlaintextOwner } from '../../plaintext/plaintext-store.js';

/** An owner as a store has it; one that was made before ledgers were told apart names none. */
export type StoredOwner = Omit<PlaintextOwner, 'ledger'> & { readonly ledger?: string | null | undefined };

/**
 * Refuses a store that holds another node's datasets, another channel's, or those of another ledger of the same names.
 * Throws PLAINTEXT_STORE_IN_USE, PLAINTEXT_STORE_FOREIGN.
 */
export function verifyStoreOwner(found: StoredOwner | undefined, own: PlaintextOwner): void {
  if (found === undefined) return;
  if (found.channel === own.channel && found.node === own.node) {
    if ((found.ledger ?? own.ledger) === own.ledger) return;
    throw new SelvedgeError('PLAINTEXT_STORE_FOREIGN', `the store of plaintext datasets is of another ledger than that of this node, though of ${nameOf(own)} as well`);
  }
  throw new SelvedgeError('PLAINTEXT_STORE_IN_USE', `the store of plaintext datasets holds those of ${nameOf(found)}, not of ${nameOf(own)}`);
}

/** The refusal of a second writer. @param owner as far as it is known @param holder a process or session */
export function storeInUse(owner: StoredOwner | undefined, holder: string): SelvedgeError {
  return new SelvedgeError('PLAINTEXT_STORE_IN_USE', `the store of plaintext datasets is open already, by ${owner === undefined ? 'a node without a name yet' : nameOf(owner)} (${holder})`);
}

function nameOf({ node, channel }: Pick<PlaintextOwner, 'node' | 'channel'>): string {
  return `node ${node} on channel ${channel}`;
}
