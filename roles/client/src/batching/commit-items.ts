import { toHex } from '@selvedge/crypto';
import { isSelvedgeError, withRole } from '@selvedge/errors';
import { createItemMask, isDropped, keptItems, LIMITS, maskItems, requireAtMost, verifyItemMask, ValidationCode, withDependents, type Core, type TargetData } from '@selvedge/protocol';
import type { ItemStatus } from '../domain/item-verdicts.js';
import { isConflict } from '../domain/retry.js';
import type { CarriedTransaction } from '../ledger-lane.js';
import { requirementsOf } from '../requirements-of.js';
import type { TransactionSession } from '../session.js';
import { outcomeOfVerdict, type ItemOutcome } from './batch-outcome.js';
import { createCarrier } from './carrier.js';

const STALE_ITEMS_TIMEOUT_MS = 5_000;
/** Each time at least one more item is dropped. */
const MAX_MASKS = 8;
const NONE = new Uint8Array(0);

/** The batch's target data, and which of its cores are dropped. */
export interface ExecutedBatch {
  readonly targetData: TargetData;
  /** Of all items that have one. */
  readonly cores: readonly Core[];
}

/** What goes to the ledger, and who is told. */
export interface CarriedBatch {
  /** The contract that was invoked. */
  readonly contract: string;
  /** Called with the places of the items that are about to be ordered. */
  readonly onOrdering?: (kept: readonly number[], carrierTxId: Uint8Array) => void;
}

const CONFLICT_CODES: ReadonlySet<number> = new Set([ValidationCode.MVCC_READ_CONFLICT, ValidationCode.PHANTOM_READ_CONFLICT]);
const DONE: ItemOutcome = { kind: 'done', result: new Uint8Array(0) };

/**
 * Has a batch's items endorsed and ordered, and tells what came of each core; DONE stands for a committed one. Throws what befell
 * all of them before they were ordered.
 */
export async function commitItems(session: TransactionSession, batch: CarriedBatch, executed: ExecutedBatch): Promise<ItemOutcome[]> {
  const { cores, targetData } = executed;
  let dropped: ReadonlySet<number> = new Set<number>();
  const endStale = (error: unknown, others: ItemOutcome): ItemOutcome[] => {
    const failed: ItemOutcome = { kind: 'failed', error: withRole(error, 'client') };
    return cores.map((_, i) => (dropped.has(i) ? failed : others));
  };
  let lastConflict: unknown;
  for (let masks = 0; ; masks += 1) {
    let endorsed: EndorsedItems;
    try {
      endorsed = await endorseItems(session, batch, executed, dropped);
    } catch (error) {
      const more = masks < MAX_MASKS && isConflictOf(error) ? await findStale(session, executed, dropped) : dropped;
      if (more.size === dropped.size) throw error;
      dropped = more;
      lastConflict = error;
      if (dropped.size === cores.length) return endStale(error, DONE);
      continue;
    }
    const { carried, carrierTxId } = endorsed;
    const kept = cores.flatMap(({ txId }, i) => (dropped.has(i) ? [] : [{ txId, i }]));
    batch.onOrdering?.(kept.map(({ i }) => i), carrierTxId);
    await carried.submit();
    // From here on it may be committed: nothing is made again without the ledger's verdict on its own id.
    const statuses = await carried.batchStatus(kept.map(({ txId }) => txId)).catch((error: unknown) => kept.map((): ItemStatus => ({ error: withRole(error, 'client') })));
    const byPlace = new Map(statuses.map((status, n) => [kept[n]?.i, status]));
    const hasConflict = statuses.some((item) => 'status' in item && CONFLICT_CODES.has(item.status.code));
    const stale = hasConflict ? await findStale(session, executed, dropped) : dropped;
    return endStale(lastConflict, DONE).map((outcome, i) => {
      const item = byPlace.get(i);
      if (item === undefined) return outcome;
      return 'status' in item ? outcomeOfVerdict(item, outcome, { isStale: stale.has(i), core: targetData.cores[i] ?? NONE }) : { kind: 'failed', error: item.error };
    });
  }
}

interface EndorsedItems {
  readonly carried: CarriedTransaction;
  readonly carrierTxId: Uint8Array;
}

async function endorseItems(session: TransactionSession, { contract }: CarriedBatch, { targetData, cores }: ExecutedBatch, dropped: ReadonlySet<number>): Promise<EndorsedItems> {
  const masked = dropped.size === 0 ? targetData : maskItems(targetData, cores, dropped);
  const kept = keptItems(cores, masked.itemMask);
  const requirements = await requirementsOf(session.trust, kept, masked);
  const [first] = kept;
  if (first === undefined) throw new RangeError('a batch without a kept item');
  const carrier = createCarrier(session.signer);
  const carried = await session.lane.endorse({ txId: first.txId, ...carrier, contract, targetData: masked, cores: kept, requirements });
  return { carried, carrierTxId: carrier.carrierTxId };
}

/** The dropped items with those that the first endorser who finds any finds stale, and with what rests on them. An endorser that cannot tell, or tells nonsense, adds none. */
async function findStale(session: TransactionSession, { targetData, cores }: ExecutedBatch, dropped: ReadonlySet<number>): Promise<ReadonlySet<number>> {
  for (const endorser of session.ports.endorsers()) {
    try {
      const { itemMask } = await endorser.findStaleItems(targetData, createItemMask(dropped), { timeoutMs: STALE_ITEMS_TIMEOUT_MS, signal: session.closing, txId: cores.map(({ txId }) => toHex(txId)).join() });
      requireAtMost('bytes of an item mask', itemMask.length, LIMITS.maxBatchItems / 8);
      const stale = cores.flatMap((_, i) => (isDropped(itemMask, i) ? [i] : []));
      if (stale.length < cores.length) verifyItemMask(cores.length, itemMask);
      const all = withDependents(cores, new Set([...dropped, ...stale]));
      // One that is behind the others has seen no change.
      if (all.size > dropped.size) return all;
    } catch (error) {
      if (!isSelvedgeError(error)) throw error;
    }
  }
  return dropped;
}

function isConflictOf(error: unknown): boolean {
  return isSelvedgeError(error) && isConflict(error.code);
}
