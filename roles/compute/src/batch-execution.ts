import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { RequestKind } from '@selvedge/protocol';
import type { StateSource } from '@selvedge/tee-node';
import type { AuthorisedRequest } from './domain/authorise.js';
import { createBatchOverlay, deferred, type BatchOverlay } from './domain/batch-overlay.js';
import { createBatchRoom, type BatchRoom } from './domain/batch-room.js';
import type { UnsealedRequest } from './domain/open-request.js';
import { isReEncryption } from './domain/re-encryption.js';
import { createSpeculativeSource } from './domain/speculative-source.js';
import type { Attempt, Execution, Outcome, RunContext } from './execution.js';

/** What came of one item: an outcome, or what it was refused with. */
export type ItemOutcome = Outcome | { readonly error: unknown };

/** An item that may run. */
interface Admitted {
  readonly unsealed: UnsealedRequest;
  readonly request: AuthorisedRequest;
}

/** Items of a batch that run at the same time, and whose reads travel together. Four such batches and 64 requests alone are within what a chaincode process takes. */
const MAX_AT_ONCE = 64;

/**
 * Runs a batch: all items at once on the ledger's state, which reads it in few queries; then in order, each whose reads an
 * earlier item has changed once more, over what the earlier ones wrote. What comes out is what running them one after the
 * other would give (ADR 019). An item that is refused leaves nothing behind.
 */
export async function runBatch(execution: Execution, ledger: StateSource, items: readonly UnsealedRequest[], context: RunContext): Promise<ItemOutcome[]> {
  const admitted = await admit(execution, items, context);
  const firstRuns = await mapBounded(admitted, (item) => settle(() => runFirst(execution, ledger, item, context)));
  const overlay = createBatchOverlay();
  const room = createBatchRoom();
  const outcomes: ItemOutcome[] = [];
  for (const [i, item] of admitted.entries()) {
    const first = firstRuns[i];
    if ('error' in item || first === undefined) outcomes.push(fit(room, 'error' in item ? item : { error: deferred('it did not run') }));
    else if ('error' in first || 'response' in first) outcomes.push(fit(room, first));
    else {
      const outcome = await settle(() => runInOrder(execution, { ledger, overlay, room }, { ...item, first }, context));
      outcomes.push('error' in outcome ? fit(room, outcome) : outcome);
    }
  }
  return outcomes;
}

/** Authorises every item; a batch is of one contract, and holds a transaction id once. */
async function admit(execution: Execution, items: readonly UnsealedRequest[], context: RunContext): Promise<(Admitted | { readonly error: unknown })[]> {
  const ids = new Set<string>();
  let contract: string | undefined;
  const admitted: (Admitted | { readonly error: unknown })[] = [];
  for (const unsealed of items) {
    admitted.push(
      await settle(async () => {
        const id = toHex(unsealed.header.txId);
        if (ids.has(id)) throw new SelvedgeError('REQUEST_REPLAYED', 'the batch holds this transaction id twice', { role: 'compute' });
        ids.add(id);
        const request = await execution.authorise(unsealed, context);
        contract ??= request.body.contract;
        if (request.body.contract !== contract) throw deferred('it is for another contract than the batch');
        if (isReEncryption(request.body)) throw deferred('it is no request to the contract');
        if (request.body.kind === RequestKind.RELEASE_RESULT) throw deferred('it asks for a result');
        if (request.partition !== undefined) throw deferred('it is a request in parts');
        if (request.body.confirmQuorum > 0) throw deferred('what it reads is to be confirmed');
        return { unsealed, request };
      }),
    );
  }
  return admitted;
}

async function runFirst(execution: Execution, ledger: StateSource, item: Admitted | { readonly error: unknown }, context: RunContext): Promise<Outcome | Attempt> {
  if ('error' in item) throw item.error;
  const { unsealed, request } = item;
  if (request.body.kind === RequestKind.OPEN_EVENTS) return execution.openEvents(request, context);
  const attempt = await execution.attempt(unsealed, request, ledger, context);
  return request.isSubmit ? attempt : conclude(execution, item, attempt, context);
}

/** What a contract with gated functions holds is confirmed first, and who saw one item's result could drop the item: each request travels alone. */
function conclude(execution: Execution, { unsealed, request }: Admitted, attempt: Attempt, context: RunContext): Promise<Outcome> {
  if (attempt.contracts.hasGate()) throw deferred('it is of a contract with gated functions, or calls one');
  return execution.conclude(unsealed, request, attempt, context);
}

async function runInOrder(
  execution: Execution,
  { ledger, overlay, room }: { readonly ledger: StateSource; readonly overlay: BatchOverlay; readonly room: BatchRoom },
  { unsealed, request, first }: Admitted & { readonly first: Attempt },
  context: RunContext,
): Promise<Outcome> {
  const creator = toHex(request.body.creator);
  const isBehind = first.contracts.isBehind(overlay);
  const attempt = isBehind ? await execution.attempt(unsealed, request, createSpeculativeSource(ledger, overlay, creator), context) : first;
  attempt.contracts.verifyNotDeferred();
  const outcome = await conclude(execution, { unsealed, request }, attempt, context);
  // Dropped later, with the packet that another item counts on, it would leave a key with both (ADR 033).
  if ((outcome.item?.legacyKeys.length ?? 0) > 0) throw deferred('it meets a key of a collection that is taken over, which has not moved yet');
  // Before later items see it: one that does not fit leaves nothing behind.
  room.take(outcome);
  if (outcome.item !== undefined) overlay.add(creator, outcome.item.changes);
  return outcome;
}

/** An outcome where there is room for its answer, by its place among the items; a deferral in its stead where there is none. */
function fit(room: BatchRoom, outcome: ItemOutcome): ItemOutcome {
  try {
    if ('error' in outcome) room.takeRefusal(outcome.error);
    else room.take(outcome);
    return outcome;
  } catch (error) {
    return { error };
  }
}

async function settle<T>(step: () => Promise<T>): Promise<T | { readonly error: unknown }> {
  try {
    return await step();
  } catch (error) {
    return { error };
  }
}

/** Results in order; at most MAX_AT_ONCE under way. */
async function mapBounded<T, R>(items: readonly T[], step: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const i = next;
      next += 1;
      results[i] = await step(items[i] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(MAX_AT_ONCE, items.length) }, lane));
  return results;
}
