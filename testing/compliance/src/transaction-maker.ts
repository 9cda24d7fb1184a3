import { create } from '@bufbuild/protobuf';
import {
  createEndorsedTransaction,
  createReceipts,
  createTargetData,
  encodeTransaction,
  randomTxId,
  type EndorsedTransactionInput,
  type TargetDataInput,
  type TestComputeNode,
  type TestConsortium,
} from '@selvedge/fixtures';
import { GuardKind, guardKey, GuardReadSchema, parseCore, ReceiptSchema, type Core, type EndorsedTransaction } from '@selvedge/protocol';

/** A transaction as it is ordered, and what the tests compare with the ledger. */
export interface MadeTransaction {
  readonly txId: Uint8Array;
  /** Transaction bytes. */
  readonly bytes: Uint8Array;
  readonly core: Core;
  /** Packet hash of each put, by dataset and key. */
  version(dataset: string, key: string): Uint8Array | undefined;
}

/** What the transaction shall be; everything else is as it should be. */
export interface TransactionShape extends Pick<TargetDataInput, 'writes' | 'reads' | 'txId' | 'changeCore'>, Pick<EndorsedTransactionInput, 'endorsers' | 'changePayload'> {
  /** A range query was run: the membership guard of this dataset's simple keys, as last written by this transaction (empty: never). */
  readonly rangeRead?: { readonly dataset: string; readonly lastWriter: Uint8Array };
  /** Receipts count below this height; default 1,000. */
  readonly receiptsEndAt?: bigint;
  /** After the receipts are in. */
  readonly changeSigned?: (transaction: EndorsedTransaction) => void;
}

/** Makes genuine endorsed transactions of the consortium's contract. */
export function createTransactionMaker(consortium: TestConsortium, node: TestComputeNode): (shape: TransactionShape) => MadeTransaction {
  return ({ rangeRead, receiptsEndAt, changeSigned, endorsers, changePayload, changeCore, ...shape }) => {
    const txId = shape.txId ?? randomTxId();
    const targetData = createTargetData({
      consortium,
      nodes: [node],
      ...shape,
      txId,
      changeCore: (core) => {
        if (rangeRead !== undefined) readGuard(consortium, core, rangeRead);
        changeCore?.(core);
      },
    });
    const transaction = createEndorsedTransaction({ consortium, targetData, ...(endorsers && { endorsers }), ...(changePayload && { changePayload }) });
    transaction.receipts = createReceipts(consortium, transaction, receiptsEndAt).map((receipt) => create(ReceiptSchema, receipt));
    changeSigned?.(transaction);
    const core = parseCore(transaction.cores[0] as Uint8Array);
    return {
      txId,
      core,
      bytes: encodeTransaction(transaction),
      version: (dataset, key) => {
        const ledgerKey = Buffer.from(consortium.contractKeys.names.ledgerKey(dataset, key));
        const effect = core.sections[0]?.writes.find((write) => write.dataset === dataset && ledgerKey.equals(write.ledgerKey))?.effect;
        return effect?.case === 'packetHash' ? effect.value : undefined;
      },
    };
  };
}

function readGuard({ contractKeys, contractPolicy }: TestConsortium, core: Core, { dataset, lastWriter }: { readonly dataset: string; readonly lastWriter: Uint8Array }): void {
  const ownerSet = contractPolicy.datasets.find(({ name }) => name === dataset)?.ownerSet ?? '';
  const key = guardKey('membership', contractKeys.names.datasetTag(dataset, ''));
  core.sections[0]?.guardsRead.push(create(GuardReadSchema, { ownerSet, dataset, guardKey: key, kind: GuardKind.MEMBERSHIP, txId: lastWriter }));
}
