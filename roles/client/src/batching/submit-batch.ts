import { toHex } from '@selvedge/crypto';
import { isSelvedgeError, withRole } from '@selvedge/errors';
import { createItemMask, isDropped, keptItems, LIMITS, maskItems, requireAtMost, verifyItemMask, ValidationCode, withDependents, type Core, type TargetData } from '@selvedge/protocol';
import type { ItemStatus } from '../domain/item-verdicts.js';
import { mergeReplicas } from '../domain/replicas.js';
import type { BuiltRequest } from '../domain/request.js';
import { isConflict } from '../domain/retry.js';
import type { CarriedTransaction } from '../ledger-lane.js';
import { requirementsOf } from '../requirements-of.js';
import type { TransactionSession } from '../session.js';
import { outcomeOf, outcomeOfFailure, outcomeOfVerdict, type ItemOutcome } from './batch-outcome.js';
import { executeBatch } from './execute-batch.js';

const STALE_ITEMS_TIMEOUT_MS = 5_000;
/** Each time at least one more item is dropped. */
const MAX_MASKS = 8;

/** The batch's target data, and which of its cores are dropped. */
interface Executed {
  readonly targetData: TargetData;
  /** Of all items that have one. */
  readonly cores: readonly Core[];
}

/**
 * Executes, endorses and commits a batch. Items that are stale are left out with their dependents; a conflict at commit is
 * the stale items' alone. An item is committed when the ledger's verdict on its own id is VALID, whatever becomes of others:
 * who holds the target data can have some of the items ordered without the rest. Throws what befell the execution.
 */
export async function submitBatch(session: TransactionSession, contract: string, requests: readonly BuiltRequest[]): Promise<ItemOutcome[]> {
  const { answers } = await executeBatch(session, contract, requests, true);
  const [{ items, cores }] = answers;
  const outcomes = items.map(outcomeOf);
  const [target, ...others] = answers.flatMap(({ targetData }) => targetData ?? []);
  if (target === undefined) return outcomes;
  const executed = { targetData: mergeReplicas([target, ...others]), cores };
  // Items without a core have their outcome already.
  const ofCores = await commitItems(session, { contract, requests }, executed).catch((error: unknown) => executed.cores.map(({ txId }) => outcomeOfFailure(error, toHex(txId))));
  return outcomes.map((outcome, i) => {
    const answer = items[i];
    const core = answer !== undefined && 'core' in answer ? answer.core : undefined;
    const ofCore = core === undefined ? undefined : ofCores[core];
    return ofCore === undefined || ofCore.kind === 'done' ? outcome : ofCore;
  });
}

const CONFLICT_CODES: ReadonlySet<number> = new Set([ValidationCode.MVCC_READ_CONFLICT, ValidationCode.PHANTOM_READ_CONFLICT]);
const DONE: ItemOutcome = { kind: 'done', result: new Uint8Array(0) };

/** What came of each core. */
async function commitItems(session: TransactionSession, batch: { readonly contract: string; readonly requests: readonly BuiltRequest[] }, executed: Executed): Promise<ItemOutcome[]> {
  const { cores } = executed;
  let dropped: ReadonlySet<number> = new Set<number>();
  const endStale = (error: unknown, others: ItemOutcome): ItemOutcome[] => {
    const failed: ItemOutcome = { kind: 'failed', error: withRole(error, 'client') };
    return cores.map((_, i) => (dropped.has(i) ? failed : others));
  };
  let lastConflict: unknown;
  for (let masks = 0; ; masks += 1) {
    let carried: CarriedTransaction;
    try {
      carried = await endorseItems(session, batch, executed, dropped);
    } catch (error) {
      const more = masks < MAX_MASKS && isConflictOf(error) ? await findStale(session, executed, dropped) : dropped;
      if (more.size === dropped.size) throw error;
      dropped = more;
      lastConflict = error;
      if (dropped.size === cores.length) return endStale(error, DONE);
      continue;
    }
    await carried.submit();
    // From here on it may be committed: nothing is made again without the ledger's verdict on its own id.
    const kept = cores.flatMap(({ txId }, i) => (dropped.has(i) ? [] : [{ txId, i }]));
    const statuses = await carried.batchStatus(kept.map(({ txId }) => txId)).catch((error: unknown) => kept.map((): ItemStatus => ({ error: withRole(error, 'client') })));
    const byPlace = new Map(statuses.map((status, n) => [kept[n]?.i, status]));
    const hasConflict = statuses.some((item) => 'status' in item && CONFLICT_CODES.has(item.status.code));
    const stale = hasConflict ? await findStale(session, executed, dropped) : dropped;
    return endStale(lastConflict, DONE).map((outcome, i) => {
      const item = byPlace.get(i);
      if (item === undefined) return outcome;
      return 'status' in item ? outcomeOfVerdict(item, outcome, stale.has(i)) : { kind: 'failed', error: item.error };
    });
  }
}

async function endorseItems(session: TransactionSession, { contract, requests }: { readonly contract: string; readonly requests: readonly BuiltRequest[] }, { targetData, cores }: Executed, dropped: ReadonlySet<number>): Promise<CarriedTransaction> {
  const masked = dropped.size === 0 ? targetData : maskItems(targetData, cores, dropped);
  const kept = keptItems(cores, masked.itemMask);
  const requirements = await requirementsOf(session.trust, kept, masked);
  const [first] = kept;
  const request = requests.find(({ txId }) => Buffer.from(txId).equals(first?.txId ?? new Uint8Array(0)));
  if (first === undefined || request === undefined) throw new RangeError('a batch without a kept item');
  return session.lane.endorse({ txId: first.txId, nonce: request.nonce, contract, targetData: masked, cores: kept, requirements });
}

/** The dropped items with those that the first endorser who finds any finds stale, and with what rests on them. An endorser that cannot tell, or tells nonsense, adds none. */
async function findStale(session: TransactionSession, { targetData, cores }: Executed, dropped: ReadonlySet<number>): Promise<ReadonlySet<number>> {
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
