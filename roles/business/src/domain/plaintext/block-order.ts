import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { PlaintextChange } from '../../plaintext/plaintext-store.js';

/** Whether a block is still to be applied: one at or below the checkpoint is not. Throws PLAINTEXT_STORE_GAP when blocks between are missing. */
export function isNewBlock(number: bigint, checkpoint: bigint | undefined): boolean {
  if (checkpoint === undefined) return true;
  if (number <= checkpoint) return false;
  if (number > checkpoint + 1n) throw new SelvedgeError('PLAINTEXT_STORE_GAP', `block ${String(number)} does not follow block ${String(checkpoint)}, the last one applied`);
  return true;
}

/** The last change of each entry. */
export function lastChanges(changes: readonly PlaintextChange[]): PlaintextChange[] {
  const last = new Map<string, PlaintextChange>();
  for (const change of changes) last.set(JSON.stringify([change.contract, change.dataset, toHex(change.ledgerKey)]), change);
  return [...last.values()];
}
