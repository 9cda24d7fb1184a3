import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, parseCores, requireAtMost, verifyPacketsMatch, type BatchItem, type BatchResponse, type Core, type Refusal, type SealedResponse, type TargetData } from '@selvedge/protocol';

/** One item of a batch as far as a submitter sees it: sealed, with its core's place where it has one; or refused before it was opened. */
export type RelayedItem = { readonly response: SealedResponse; readonly core: number | undefined } | { readonly refusal: Refusal };

/** One compute node's answer to a batch that a submitter cannot open. */
export interface RelayedAnswer {
  readonly nodeId: string;
  /** In the order of the requests. */
  readonly items: readonly RelayedItem[];
  readonly targetData: TargetData | undefined;
  readonly cores: readonly Core[];
}

/**
 * Reads the answer to a batch of others' requests, and checks what can be seen without a key: that each item has its own answer and
 * the core of its own id. Throws TARGET_DATA_INCONSISTENT, TX_ID_MISMATCH, PACKET_MISMATCH, LIMIT_EXCEEDED, and as parseCores.
 * @param txIds of the requests, in order
 */
export function readRelayedAnswer(txIds: readonly Uint8Array[], nodeId: string, { items, targetData }: BatchResponse): RelayedAnswer {
  const cores = targetData === undefined ? [] : parseCores(targetData.cores, targetData.itemMask);
  const withCore = items.filter(({ hasCore }) => hasCore).length;
  if (items.length !== txIds.length || withCore !== cores.length || withCore !== (targetData?.cores.length ?? 0)) {
    throw inconsistent(nodeId, `answered ${String(items.length)} of ${String(txIds.length)} items, with ${String(cores.length)} cores for ${String(withCore)}`);
  }
  let place = 0;
  const read = items.map((item, i) => {
    if (!item.hasCore) return readItem(nodeId, item, undefined);
    if (!equalBytes(cores[place]?.txId ?? NO_ID, txIds[i] ?? NO_ID)) throw new SelvedgeError('TX_ID_MISMATCH', `compute node ${nodeId} answered a batch with the core of another item`, { role: 'submitter', details: { nodeId } });
    place += 1;
    return readItem(nodeId, item, place - 1);
  });
  verifyPacketsMatch(cores, targetData?.attachments?.packets ?? []);
  return { nodeId, items: read, targetData, cores };
}

const NO_ID = new Uint8Array(0);

function readItem(nodeId: string, { response, refusal }: BatchItem, core: number | undefined): RelayedItem {
  if (response === undefined) {
    if (refusal === undefined || core !== undefined) throw inconsistent(nodeId, 'left an item without an answer');
    return { refusal };
  }
  if (response.nodeId !== nodeId) throw inconsistent(nodeId, 'answered as another');
  requireAtMost('bytes of a response', response.ciphertext.length, LIMITS.maxMessageBytes / 2);
  return { response, core };
}

function inconsistent(nodeId: string, what: string): SelvedgeError {
  return new SelvedgeError('TARGET_DATA_INCONSISTENT', `compute node ${nodeId} ${what}`, { role: 'submitter', details: { nodeId } });
}
