import { create } from '@bufbuild/protobuf';
import { merklePaths, toHex } from '@selvedge/crypto';
import { refusalFromWire, withRole, type SelvedgeError } from '@selvedge/errors';
import { Ending, ItemAnswerSchema, type ItemAnswer, type ItemEnd, type SealedRequest, type TargetData } from '@selvedge/protocol';
import { executeOnQuorum } from '../agreement.js';
import type { NodeCall } from '../asking.js';
import { hasMetConflict, outcomeOfFailure, type ItemOutcome } from '../batching/batch-outcome.js';
import { commitItems, type CarriedBatch, type ExecutedBatch } from '../batching/commit-items.js';
import { batchRules } from '../batching/execute-batch.js';
import { endOf } from '../domain/item-end.js';
import { readRelayedAnswer, type RelayedAnswer, type RelayedItem } from '../domain/relayed-answer.js';
import { mergeReplicas } from '../domain/replicas.js';
import { isConflict } from '../domain/retry.js';
import type { TransactionSession } from '../session.js';

/** A sealed request of some client, and how that client is told. */
export interface RelayedRequest {
  readonly txId: Uint8Array;
  readonly sealed: SealedRequest;
  /** At most once, and before the end. */
  answered(answer: ItemAnswer): void;
  /** Once. */
  ended(end: ItemEnd): void;
}

/**
 * Has a batch of others' sealed requests executed, endorsed and ordered, and tells each client what it needs to judge for itself. Does not
 * reject: what befalls the batch as a whole sends its items their own ways.
 */
export async function relayBatch(session: TransactionSession, contract: string, requests: readonly RelayedRequest[]): Promise<{ readonly isStale: boolean }> {
  let executed: { readonly items: readonly RelayedItem[]; readonly batch: ExecutedBatch | undefined };
  try {
    executed = await execute(session, contract, requests);
  } catch (error) {
    for (const request of requests) request.ended(endOf(Ending.ALONE, withRole(error, 'submitter')));
    return { isStale: false };
  }
  const { items, batch } = executed;
  const withCore: { readonly request: RelayedRequest; readonly response: ItemAnswer['response'] }[] = [];
  for (const [i, request] of requests.entries()) {
    const item = items[i];
    if (item === undefined || 'refusal' in item) {
      request.ended(endOf(Ending.ALONE, item && refusalFromWire(item.refusal)));
    } else if (item.core === undefined) {
      // Sealed: the client opens what it was refused with.
      request.answered(create(ItemAnswerSchema, { response: item.response }));
      request.ended(endOf(Ending.ALONE));
    } else withCore.push({ request, response: item.response });
  }
  if (batch === undefined) return { isStale: false };

  const paths = merklePaths(batch.targetData.cores);
  const onOrdering: CarriedBatch['onOrdering'] = (kept, carrierTxId) => {
    for (const place of kept) withCore[place]?.request.answered(answerAt(place, { response: withCore[place].response, paths, carrierTxId, ...batch }));
  };
  let failure: SelvedgeError | undefined;
  const outcomes = await commitItems(session, { contract, onOrdering }, batch).catch((error: unknown) => {
    failure = withRole(error, 'submitter');
    return batch.cores.map(({ txId }) => outcomeOfFailure(error, toHex(txId)));
  });
  for (const [place, outcome] of outcomes.entries()) withCore[place]?.request.ended(endOfOutcome(outcome, failure));
  return { isStale: outcomes.some(hasMetConflict) };
}

async function execute(session: TransactionSession, contract: string, requests: readonly RelayedRequest[]): Promise<{ readonly items: readonly RelayedItem[]; readonly batch: ExecutedBatch | undefined }> {
  const txIds = requests.map(({ txId }) => txId);
  const call: NodeCall<RelayedAnswer> = {
    contract,
    txId: txIds.map(toHex).join(),
    send: async (node, bounds) => readRelayedAnswer(txIds, node.nodeId, await node.executeBatch(requests.map(({ sealed }) => sealed), bounds)),
  };
  const { answers } = await executeOnQuorum(session, call, batchRules<RelayedAnswer>(session, contract, (a, b) => a.items.every((item, i) => refusalOf(item) === refusalOf(b.items[i]))));
  const [{ items, cores }] = answers;
  const [target, ...others] = answers.flatMap(({ targetData }) => targetData ?? []);
  return { items, batch: target && { targetData: mergeReplicas([target, ...others]), cores } };
}

const refusalOf = (item: RelayedItem | undefined): string | undefined => (item !== undefined && 'refusal' in item ? item.refusal.code : undefined);

interface Answered {
  readonly response: ItemAnswer['response'];
  readonly targetData: TargetData;
  readonly paths: readonly Uint8Array[][];
  readonly carrierTxId: Uint8Array;
}

function answerAt(place: number, { response, targetData, paths, carrierTxId }: Answered): ItemAnswer {
  return create(ItemAnswerSchema, {
    ...(response === undefined ? {} : { response }),
    core: targetData.cores[place] ?? new Uint8Array(0),
    index: place,
    count: targetData.cores.length,
    path: paths[place] ?? [],
    teeSignatures: targetData.attachments?.teeSignatures ?? [],
    carrierTxId,
  });
}

function endOfOutcome(outcome: ItemOutcome, failure: SelvedgeError | undefined): ItemEnd {
  if (outcome.kind === 'alone') return endOf(Ending.ALONE, failure);
  if (outcome.kind === 'again') return endOf(Ending.OTHERS_STALE);
  if (outcome.kind === 'failed' && isConflict(outcome.error.code)) return endOf(Ending.STALE, outcome.error);
  // Of what may be on the ledger its owners tell.
  return endOf(Ending.ORDERED);
}
