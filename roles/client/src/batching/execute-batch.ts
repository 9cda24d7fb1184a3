import { toHex } from '@selvedge/crypto';
import { isSameCores } from '@selvedge/protocol';
import { executeOnQuorum, type Agreement, type AgreementRules } from '../agreement.js';
import type { NodeCall } from '../asking.js';
import { openBatchAnswer, type BatchAnswer, type ItemAnswer } from '../domain/batch-answer.js';
import { differenceOf } from '../domain/core-difference.js';
import type { BuiltRequest } from '../domain/request.js';
import { contractsAsked } from '../domain/requirements.js';
import { missingFor } from '../missing-nodes.js';
import type { Session } from '../session.js';
import { verifyTargetReplica } from '../verify-replica.js';

/**
 * Has a batch executed by as many compute nodes as the contract and those that it called ask for. Throws what
 * executeOnQuorum and openBatchAnswer throw.
 */
export function executeBatch(session: Session, contract: string, requests: readonly BuiltRequest[], isSubmit: boolean): Promise<Agreement<BatchAnswer>> {
  const call: NodeCall<BatchAnswer> = {
    contract,
    txId: idsOf(requests),
    send: async (node, bounds) => openBatchAnswer(requests, node.nodeId, await node.executeBatch(requests.map(({ sealed }) => sealed), bounds)),
  };
  const rules = batchRules<BatchAnswer>(session, contract, (a, b) => a.items.every((item, i) => refusalOf(item) === refusalOf(b.items[i])));
  return executeOnQuorum(session, call, { ...rules, ...(isSubmit ? {} : { missing: (answers) => Promise.resolve(1 - answers.length) }) });
}

/** What is compared of a batch's answers, whoever opens them. */
export type ComparedBatch = Pick<BatchAnswer, 'nodeId' | 'targetData' | 'cores'>;

/** What makes answers to a batch of updates one. @param isSameRest of what has no core */
export function batchRules<T extends ComparedBatch>(session: Session, contract: string, isSameRest: (a: T, b: T) => boolean): AgreementRules<T> {
  return {
    isSame: (a, b) => isSameTarget(a, b) && isSameRest(a, b),
    differenceOf: (a, b) => (isSameTarget(a, b) ? { differs: 'what items were refused with', isOfState: false } : differenceOf(a.cores, b.cores)),
    verify: async ({ nodeId, targetData, cores }) => { if (targetData !== undefined) verifyTargetReplica(nodeId, targetData, cores, await session.trust.view(), session.clock()); },
    missing: (answers) => missingFor(session.trust, contractsAsked(contract, answers), answers),
  };
}

/** Whether endorsers would be shown the same of both. */
function isSameTarget({ targetData: a }: ComparedBatch, { targetData: b }: ComparedBatch): boolean {
  return a === undefined || b === undefined ? a === b : isSameCores(a, b);
}

function refusalOf(item: ItemAnswer | undefined): string | undefined {
  return item !== undefined && 'refusal' in item ? item.refusal.code : undefined;
}

/** Names a batch where one transaction would be named. */
export function idsOf(requests: readonly Pick<BuiltRequest, 'txId'>[]): string {
  return requests.map(({ txId }) => toHex(txId)).join();
}
