import { isSelvedgeError, SelvedgeError, withRole } from '@selvedge/errors';
import type { ItemAnswer } from '../domain/batch-answer.js';
import { verifyCommittedCore, verifySuccessful } from '../domain/commit-status.js';
import type { ItemVerdict } from '../domain/item-verdicts.js';
import { isConflict, isUsedUp, isWorthAnotherNode, isWorthRebuild } from '../domain/retry.js';

/**
 * What came of one item of a batch. 'alone' and 'rejoin': the ledger has given no verdict on its transaction id, so that it is
 * sent with the same id, by itself or in another batch: whoever holds what the batch led to cannot have it committed beside that.
 * 'again' and 'anew': the ledger's own verdict on its id says that it is not and will never be committed, as the embedded ledger's
 * says of every kept item; it may be made again with a new one, in a batch or by itself.
 */
export type ItemOutcome = { readonly kind: 'done'; readonly result: Uint8Array } | { readonly kind: 'failed'; readonly error: SelvedgeError } | { readonly kind: 'again' | 'anew' | 'alone' | 'rejoin' };

/** What an item without a core comes to: it answered an evaluate, or was refused. */
export function outcomeOf(answer: ItemAnswer): ItemOutcome {
  if (!('refusal' in answer)) return { kind: 'done', result: answer.response.payload };
  const { refusal } = answer;
  // Where a request by itself would be tried elsewhere or be built anew, that is done with the item by itself.
  const isWorthATry = refusal.code === 'BATCH_ITEM_DEFERRED' || isWorthAnotherNode(refusal.code) || isWorthRebuild(refusal.code);
  return isWorthATry ? { kind: 'alone' } : { kind: 'failed', error: refusal };
}

/**
 * What a failure of the batch as a whole comes to for an item without a verdict of its own.
 * @param txId the item's, hexadecimal
 */
export function outcomeOfFailure(cause: unknown, txId: string): ItemOutcome {
  const error = withRole(cause, 'client');
  // Sent by themselves, the items would add to the load that the batch was refused for.
  const isFinal = error.code === 'OVERLOADED' || error.code === 'COMMIT_UNKNOWN' || error.code === 'CANCELLED' || error.code === 'LEDGER_CORRUPT' || error.code === 'INTERNAL';
  if (!isFinal) return { kind: 'alone' };
  if (error.code !== 'COMMIT_UNKNOWN') return { kind: 'failed', error };
  return { kind: 'failed', error: new SelvedgeError(error.code, error.message, { role: error.role, details: { ...error.details, txId }, cause }) };
}

/**
 * What the ledger's verdict on an item comes to.
 * @param executed what its execution came to
 * @param item.isStale whether an endorser finds that it, and not another item, has lost the conflict
 * @param item.core Core bytes that the result is of
 */
export function outcomeOfVerdict({ status, isOwn }: ItemVerdict, executed: ItemOutcome, { isStale, core }: { readonly isStale: boolean; readonly core: Uint8Array }): ItemOutcome {
  try {
    verifySuccessful(status);
    verifyCommittedCore(status, core);
    return executed;
  } catch (cause) {
    const error = withRole(cause, 'ledger');
    // Another item can be why the carrier was refused, which has left this one's id free.
    if (!isOwn) return error.code === 'DUPLICATE_TXID' || (isConflict(error.code) && !isStale) ? { kind: 'rejoin' } : { kind: 'failed', error };
    // Another transaction has used its id, and may have committed it: nothing is made again for that.
    if (error.code === 'DUPLICATE_TXID') return { kind: 'failed', error };
    if (!isConflict(error.code)) return { kind: 'anew' };
    return isStale ? { kind: 'failed', error } : { kind: 'again' };
  }
}

/**
 * What a failure means to the caller of a request whose batch was ordered and refused as a whole. Whoever holds that batch may have the request
 * committed yet, so nothing may tell its caller to build another: COMMIT_UNKNOWN where its id is used up since, or where it was refused before it
 * was ordered again.
 * @param txId hexadecimal
 */
export function afterRefusedCarrier(error: unknown, txId: string): unknown {
  if (!isSelvedgeError(error)) return error;
  const isOpen = isUsedUp(error.code) || error.code === 'REQUEST_EXPIRED' || isWorthAnotherNode(error.code) || isWorthRebuild(error.code);
  return isOpen ? new SelvedgeError('COMMIT_UNKNOWN', `transaction ${txId} was ordered in a batch that was refused as a whole, and ended in ${error.code} when it was sent again; ask for its commit status`, { role: 'client', details: { txId }, cause: error }) : error;
}

/** Whether it meets others' keys. */
export function hasMetConflict(outcome: ItemOutcome): boolean {
  return outcome.kind === 'again' || outcome.kind === 'rejoin' || (outcome.kind === 'failed' && isConflict(outcome.error.code));
}
