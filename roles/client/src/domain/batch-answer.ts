import { isSelvedgeError, refusalFromWire, SelvedgeError } from '@selvedge/errors';
import { LIMITS, parseCores, verifyPacketsMatch, type BatchItem, type BatchResponse, type Core, type Response, type TargetData } from '@selvedge/protocol';
import { openResponseTo, verifyCore } from './answer.js';
import type { BuiltRequest } from './request.js';

/** One item's answer: a response, with its core's place among the batch's where it has one, or what it was refused with. */
export type ItemAnswer = { readonly response: Response; readonly core: number | undefined } | { readonly refusal: SelvedgeError };

/** One compute node's answer to a batch, opened and checked against the requests. */
export interface BatchAnswer {
  readonly nodeId: string;
  /** In the order of the requests. */
  readonly items: readonly ItemAnswer[];
  /** undefined: no item has a core. */
  readonly targetData: TargetData | undefined;
  /** Of the target data. */
  readonly cores: readonly Core[];
}

/**
 * Opens and checks the answer to a batch. What an item was refused with is the item's; one whose answer is too large beside
 * those before it is deferred, unopened. Throws what makes the whole answer worthless: TARGET_DATA_INCONSISTENT,
 * PACKET_MISMATCH, DECRYPT_FAILED, LIMIT_EXCEEDED where an item with a core is too large, and as verifyCore and parseCores.
 */
export function openBatchAnswer(requests: readonly BuiltRequest[], nodeId: string, { items, targetData }: BatchResponse): BatchAnswer {
  const cores = targetData === undefined ? [] : parseCores(targetData.cores, targetData.itemMask);
  const withCore = items.filter(({ hasCore }) => hasCore).length;
  if (items.length !== requests.length || withCore !== cores.length || withCore !== (targetData?.cores.length ?? 0)) {
    throw inconsistent(nodeId, `answered ${String(items.length)} of ${String(requests.length)} items, with ${String(cores.length)} cores for ${String(withCore)}`);
  }
  let core = 0;
  let answerBytes = 0;
  const opened = requests.map((request, i) => {
    const item = items[i] as BatchItem;
    const size = sizeOf(item);
    // As compute nodes fill a batch: one answer alone may be larger.
    if (i > 0 && answerBytes + size > LIMITS.maxBatchAnswerBytes) return tooLarge(nodeId, item);
    answerBytes += size;
    const place = item.hasCore ? core : undefined;
    if (item.hasCore) core += 1;
    return openItem(request, item, { nodeId, place, bytes: place === undefined ? undefined : targetData?.cores[place], core: place === undefined ? undefined : cores[place] });
  });
  verifyPacketsMatch(cores, targetData?.attachments?.packets ?? []);
  return { nodeId, items: opened, targetData, cores };
}

interface OwnCore {
  readonly nodeId: string;
  readonly place: number | undefined;
  readonly bytes: Uint8Array | undefined;
  readonly core: Core | undefined;
}

function openItem(request: BuiltRequest, { response: sealed, refusal }: BatchItem, { nodeId, place, bytes, core }: OwnCore): ItemAnswer {
  if (sealed === undefined) {
    if (refusal === undefined || place !== undefined) throw inconsistent(nodeId, 'left an item without an answer');
    return { refusal: refusalFromWire(refusal) };
  }
  if (sealed.nodeId !== nodeId) throw inconsistent(nodeId, 'answered as another');
  try {
    const response = openResponseTo(request, sealed, bytes);
    if (core !== undefined) verifyCore(request, sealed, core, response);
    if (core?.gated === true) throw inconsistent(nodeId, 'ran a gated function in a batch');
    return { response, core: place };
  } catch (error) {
    // A refusal beside a core, or one that is ours, is no refusal of the item.
    if (place !== undefined || !isSelvedgeError(error) || error.code === 'DECRYPT_FAILED' || error.role === 'client') throw error;
    return { refusal: error };
  }
}

function sizeOf({ response, refusal }: BatchItem): number {
  return (response?.ciphertext.length ?? 0) + Buffer.byteLength(refusal?.message ?? '') + Buffer.byteLength(refusal?.action ?? '');
}

function tooLarge(nodeId: string, { hasCore }: BatchItem): ItemAnswer {
  const text = `the answers of compute node ${nodeId} to a batch are too large together`;
  // A core counts with the others, opened or not.
  if (hasCore) throw new SelvedgeError('LIMIT_EXCEEDED', text, { role: 'client', details: { nodeId } });
  return { refusal: new SelvedgeError('BATCH_ITEM_DEFERRED', text, { role: 'client', details: { nodeId } }) };
}

function inconsistent(nodeId: string, what: string): SelvedgeError {
  return new SelvedgeError('TARGET_DATA_INCONSISTENT', `compute node ${nodeId} ${what}`, { role: 'client', details: { nodeId } });
}
