import { createTargetData, randomTxId, type TargetDataInput, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { parseCore, type Core, type TargetData } from '@selvedge/protocol';

/** Target data, and what the tests compare with the ledger. */
export interface MadeTargetData {
  readonly txId: Uint8Array;
  readonly targetData: TargetData;
  readonly core: Core;
  /** Packet hash of each put, by dataset and key. */
  version(dataset: string, key: string): Uint8Array | undefined;
}

/** What the transaction shall be; everything else is as it should be. */
export interface TargetShape extends Pick<TargetDataInput, 'writes' | 'reads' | 'txId' | 'changeCore'> {
  /** A range query was run: the membership guard of this dataset's simple keys, as last written by this transaction (empty: never). */
  readonly rangeRead?: { readonly dataset: string; readonly lastWriter: Uint8Array };
}

/** Makes genuine target data of the consortium's contract. */
export function createTargetMaker(consortium: TestConsortium, node: TestComputeNode): (shape: TargetShape) => MadeTargetData {
  return ({ rangeRead, ...shape }) => {
    const txId = shape.txId ?? randomTxId();
    const targetData = createTargetData({
      consortium,
      nodes: [node],
      ...shape,
      txId,
      setReads: rangeRead === undefined ? [] : [{ dataset: rangeRead.dataset, guardTxId: rangeRead.lastWriter }],
    });
    const core = parseCore(targetData.cores[0] as Uint8Array);
    return {
      txId,
      targetData,
      core,
      version: (dataset, key) => {
        const ledgerKey = Buffer.from(consortium.contractKeys.names.ledgerKey(dataset, key));
        const effect = core.sections[0]?.writes.find((write) => write.dataset === dataset && ledgerKey.equals(write.ledgerKey))?.effect;
        return effect?.case === 'packetHash' ? effect.value : undefined;
      },
    };
  };
}
