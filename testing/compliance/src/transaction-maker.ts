import { create } from '@bufbuild/protobuf';
import { createEndorsedTransaction, createReceipts, encodeTransaction, type EndorsedTransactionInput, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { ReceiptSchema, type EndorsedTransaction } from '@selvedge/protocol';
import { createTargetMaker, type MadeTargetData, type TargetShape } from './target-maker.js';

/** A transaction of the embedded ledger as it is ordered, and what the tests compare with the ledger. */
export interface MadeTransaction extends MadeTargetData {
  /** Transaction bytes. */
  readonly bytes: Uint8Array;
}

/** What the transaction shall be; everything else is as it should be. */
export interface TransactionShape extends TargetShape, Pick<EndorsedTransactionInput, 'endorsers' | 'changePayload'> {
  /** Receipts count below this height; default 1,000. */
  readonly receiptsEndAt?: bigint;
  /** After the receipts are in. */
  readonly changeSigned?: (transaction: EndorsedTransaction) => void;
}

/** Makes endorsed transactions of the consortium's contract, with genuine signatures of endorsers that check nothing. */
export function createTransactionMaker(consortium: TestConsortium, node: TestComputeNode): (shape: TransactionShape) => MadeTransaction {
  const make = createTargetMaker(consortium, node);
  return ({ receiptsEndAt, changeSigned, endorsers, changePayload, ...shape }) => {
    const made = make(shape);
    const transaction = createEndorsedTransaction({ consortium, targetData: made.targetData, ...(endorsers && { endorsers }), ...(changePayload && { changePayload }) });
    transaction.receipts = createReceipts(consortium, transaction, receiptsEndAt).map((receipt) => create(ReceiptSchema, receipt));
    changeSigned?.(transaction);
    return { ...made, bytes: encodeTransaction(transaction) };
  };
}
