import { isSelvedgeError } from '@selvedge/errors';
import { createItemOverlay, isDropped, type Core, type EntryReader } from '@selvedge/protocol';
import { verifyGuardsCurrent, verifyKeyPolicyReadsCurrent, verifyReadsCurrent } from './check-read-set.js';

/**
 * Which items of a batch are not to be kept: those that are dropped already, and each whose reads do not stand on the
 * ledger's state and the kept items before it. Items count from 0, dropped ones included.
 * @param kept cores of the items that itemMask keeps, in order
 */
export function findStaleItems(kept: readonly Core[], itemMask: Uint8Array, state: EntryReader): Set<number> {
  const overlay = createItemOverlay(state);
  const dropped = new Set<number>();
  let item = 0;
  for (const core of kept) {
    for (; isDropped(itemMask, item); item += 1) dropped.add(item);
    if (isCurrent(core, overlay)) overlay.apply(core);
    else dropped.add(item);
    item += 1;
  }
  for (; item < itemMask.length * 8; item += 1) if (isDropped(itemMask, item)) dropped.add(item);
  return dropped;
}

function isCurrent({ sections }: Core, state: EntryReader): boolean {
  try {
    for (const section of sections) {
      verifyReadsCurrent(section, state);
      verifyKeyPolicyReadsCurrent(section, state);
      verifyGuardsCurrent(section, state);
    }
    return true;
  } catch (error) {
    if (!isSelvedgeError(error)) throw error;
    return false;
  }
}
