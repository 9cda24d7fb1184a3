import { create } from '@bufbuild/protobuf';
import { refusalFromWire, SelvedgeError } from '@selvedge/errors';
import { Ending, ItemEndSchema, type ItemEnd } from '@selvedge/protocol';
import { isConflict } from './retry.js';

/** How a submitter tells the end of an item that was refused for this reason. */
export function endOf(ending: Ending, error?: SelvedgeError): ItemEnd {
  if (error === undefined) return create(ItemEndSchema, { ending });
  const { code, role = 'submitter', message, action } = error;
  return create(ItemEndSchema, { ending, refusal: { code, role, message, action } });
}

/**
 * What a submitter's word comes to of a request that it has passed no answer on for: it goes by itself, under the id that it has, which
 * is right whatever the truth is, since an id is committed once. What is refused to the caller, or what a repeat may follow, is only that it
 * is stale, and that is for work which may happen twice.
 */
export function outcomeOfEnd({ ending, refusal }: ItemEnd, txId: string): { readonly kind: 'alone' } | { readonly kind: 'failed'; readonly error: SelvedgeError } {
  if (ending === Ending.ALONE) return { kind: 'alone' };
  const error = refusal && refusalFromWire(refusal);
  if (ending === Ending.STALE && error !== undefined && isConflict(error.code)) return { kind: 'failed', error };
  const text = `the submitter says how transaction ${txId} ended, and not what it is; ask for its commit status`;
  return { kind: 'failed', error: new SelvedgeError('COMMIT_UNKNOWN', text, { role: 'client', details: { txId } }) };
}
