import { LIMITS } from '@selvedge/protocol';
import { deferred } from './batch-overlay.js';
import type { TargetItem } from './seal-answer.js';

/** Bytes of cores, packets, events and statements: half of a message, since answers travel beside them. */
const MAX_BATCH_BYTES = LIMITS.maxMessageBytes / 2;

/** Room in the message and the transaction that a batch becomes. */
export interface BatchRoom {
  /** Throws BATCH_ITEM_DEFERRED when an item does not fit beside those before it; the first one always does. */
  take(item: Pick<TargetItem, 'core' | 'packets' | 'sealedEvents' | 'statements' | 'keyPolicies'>): void;
}

/** An empty batch. */
export function createBatchRoom(): BatchRoom {
  let items = 0;
  let bytes = 0;
  const lists = { packets: 0, statements: 0, keyPolicies: 0 };
  return {
    take({ core, packets, sealedEvents, statements, keyPolicies }) {
      const more = [core, ...packets, ...sealedEvents, ...statements.map(({ statement }) => statement)].reduce((sum, part) => sum + part.length, 0);
      const counts = { packets: lists.packets + packets.length, statements: lists.statements + statements.length, keyPolicies: lists.keyPolicies + keyPolicies.length };
      const isFull = bytes + more > MAX_BATCH_BYTES || Object.values(counts).some((count) => count > LIMITS.maxSectionEntries);
      if (items > 0 && isFull) throw deferred('the batch is full');
      items += 1;
      bytes += more;
      Object.assign(lists, counts);
    },
  };
}
