import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { ValidationCode, type BatchCommitStatusAnswer } from '@selvedge/protocol';
import { combineVerdicts, type CommitStatus, type OwnerVerdict } from './commit-status.js';

/** The ledger's verdict on one item of a batch. */
export interface ItemVerdict {
  readonly status: CommitStatus;
  /** false: it is the verdict on the transaction that carried the item, which committed nothing; on the item's own id there is none. */
  readonly isOwn: boolean;
}

/** What came of asking for an item's verdict. */
export type ItemStatus = ItemVerdict | { readonly error: SelvedgeError };

/** One owner's word on each item, in the order of the question; undefined: it has no verdict yet. */
export type OwnerItems = readonly ((OwnerVerdict & { readonly isOwn: boolean }) | undefined)[];

/** Takes an owner's answer apart. Throws MALFORMED_MESSAGE unless it is one to this question. @param carrierTxId that was asked about */
export function readBatchAnswer(txIds: readonly Uint8Array[], mspId: string, { items, carrier }: BatchCommitStatusAnswer, carrierTxId = txIds[0] ?? NO_ID): OwnerItems {
  const isAnswer = items.length === txIds.length && items.every(({ txId }, i) => equalBytes(txId, txIds[i] ?? NO_ID));
  const isRefusal = carrier === undefined || (carrier.code !== ValidationCode.VALID && equalBytes(carrier.txId, carrierTxId));
  if (!isAnswer || !isRefusal) throw new SelvedgeError('MALFORMED_MESSAGE', `${mspId} answers another question about a batch than it was asked`, { role: 'client', details: { mspId } });
  return items.map((item) => {
    if (item.known) return { mspId, answer: item, isOwn: true };
    return carrier === undefined ? undefined : { mspId, answer: carrier, isOwn: false };
  });
}

/** Combines what all declared owners say of one item. Throws COMMIT_UNKNOWN where one has no verdict, or a verdict on the carrier only, LEDGER_CORRUPT when they contradict each other. */
export function combineItemVerdicts(txId: Uint8Array, verdicts: readonly OwnerItems[number][]): ItemVerdict {
  const transactionId = toHex(txId);
  const found = verdicts.flatMap((verdict) => (verdict === undefined ? [] : [verdict]));
  const isOwn = found.some((verdict) => verdict.isOwn);
  if (found.length < verdicts.length || found.some((verdict) => verdict.isOwn !== isOwn)) {
    throw new SelvedgeError('COMMIT_UNKNOWN', `not every declared owner has a verdict on transaction ${transactionId} yet`, { role: 'client', details: { txId: transactionId } });
  }
  return { status: combineVerdicts(transactionId, found), isOwn };
}

const NO_ID = new Uint8Array(0);
