import { create } from '@bufbuild/protobuf';
import { SelvedgeError, withRole } from '@selvedge/errors';
import { BatchItemSchema, BatchResponseSchema, LIMITS, requireAtMost, type BatchItem, type BatchRequest, type BatchResponse } from '@selvedge/protocol';
import type { RecipientContexts } from '@selvedge/sealed-objects';
import type { StateSource } from '@selvedge/tee-node';
import { runBatch, type ItemOutcome } from './batch-execution.js';
import { openRequest, type UnsealedRequest } from './domain/open-request.js';
import { createTargetData, refusalResponse, sealAnswer } from './domain/seal-answer.js';
import type { Execution, RunContext } from './execution.js';

/** What a batch is answered with. */
export interface BatchContext extends RunContext {
  readonly nodeId: string;
  readonly execution: Execution;
  readonly source: StateSource;
  readonly contexts: RecipientContexts;
  readonly checkpoint: (name: string) => void;
  readonly refused: (error: unknown, isSealed: boolean, txId?: Uint8Array) => void;
}

/**
 * Opens, runs and answers a batch: every item under its own response key, all cores under one TEE signature. Throws
 * MALFORMED_MESSAGE for none, LIMIT_EXCEEDED for too many.
 */
export async function answerBatch({ items }: BatchRequest, context: BatchContext): Promise<BatchResponse> {
  const { nodeId, execution, source, contexts, view, keys, checkpoint, refused } = context;
  if (items.length === 0) throw new SelvedgeError('MALFORMED_MESSAGE', 'a batch without an item');
  requireAtMost('items of a batch', items.length, LIMITS.maxBatchItems);
  const opened = items.map((sealed) => {
    try {
      return openRequest(sealed, { keys, profile: view.profile, ledger: view, contexts });
    } catch (error) {
      refused(error, false);
      return withRole(error, 'compute');
    }
  });
  checkpoint('compute.after-open');
  const unsealed = opened.filter((item): item is UnsealedRequest => !(item instanceof SelvedgeError));
  const outcomes = await runBatch(execution, source, unsealed, context);
  const answers = unsealed.map((item, i) => answerItem(nodeId, item, outcomes[i] as ItemOutcome, refused));
  const targetItems = outcomes.flatMap((outcome) => ('item' in outcome ? [outcome.item] : []));
  checkpoint('compute.before-answer');
  // One contract, so one suite.
  const suite = unsealed.find((_, i) => 'item' in (outcomes[i] ?? {}))?.header.suite;
  return create(BatchResponseSchema, {
    items: opened.map((item) => (item instanceof SelvedgeError ? create(BatchItemSchema, { refusal: { code: item.code, role: 'compute', message: item.message, action: item.action } }) : (answers.shift() as BatchItem))),
    ...(targetItems.length === 0 || suite === undefined ? {} : { targetData: createTargetData(targetItems, keys.signer(suite), view.profile) }),
  });
}

function answerItem(nodeId: string, unsealed: UnsealedRequest, outcome: ItemOutcome, refused: BatchContext['refused']): BatchItem {
  if ('error' in outcome) {
    refused(outcome.error, true, unsealed.header.txId);
    return create(BatchItemSchema, { response: sealAnswer(nodeId, unsealed, refusalResponse(outcome.error)) });
  }
  return create(BatchItemSchema, { response: sealAnswer(nodeId, unsealed, outcome.response, outcome.item?.core), hasCore: outcome.item !== undefined });
}
