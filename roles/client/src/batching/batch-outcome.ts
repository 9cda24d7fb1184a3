import type { SelvedgeError } from '@selvedge/errors';
import type { ItemAnswer } from '../domain/batch-answer.js';
import { isWorthAnotherNode, isWorthRebuild } from '../domain/retry.js';

/**
 * What came of one item of a batch. 'again': nothing of it is or will be committed and nothing speaks against it, so that it
 * may be made again, with a new transaction id; 'alone': likewise, but not in a batch.
 */
export type ItemOutcome = { readonly kind: 'done'; readonly result: Uint8Array } | { readonly kind: 'failed'; readonly error: SelvedgeError } | { readonly kind: 'again' } | { readonly kind: 'alone' };

/** What an item without a core comes to: it answered an evaluate, or was refused. */
export function outcomeOf(answer: ItemAnswer): ItemOutcome {
  if (!('refusal' in answer)) return { kind: 'done', result: answer.response.payload };
  const { refusal } = answer;
  // Where a request by itself would be tried elsewhere or be built anew, that is done with the item by itself.
  const isWorthATry = refusal.code === 'BATCH_ITEM_DEFERRED' || isWorthAnotherNode(refusal.code) || isWorthRebuild(refusal.code);
  return isWorthATry ? { kind: 'alone' } : { kind: 'failed', error: refusal };
}
