import { toHex } from '@selvedge/crypto';
import { isSameCores } from '@selvedge/protocol';
import { executeOnQuorum, type Agreement } from '../agreement.js';
import type { NodeCall } from '../asking.js';
import { openBatchAnswer, type BatchAnswer } from '../domain/batch-answer.js';
import { differenceOf } from '../domain/core-difference.js';
import type { BuiltRequest } from '../domain/request.js';
import { contractsAsked } from '../domain/requirements.js';
import { missingFor } from '../missing-nodes.js';
import type { Session } from '../session.js';

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
  return executeOnQuorum(session, call, {
    isSame: isSameBatch,
    differenceOf: (a, b) => differenceOf(a.cores, b.cores) ?? { differs: 'the batch', isOfState: false },
    missing: (answers) => (isSubmit ? missingFor(session.trust, contractsAsked(contract, answers), answers) : Promise.resolve(1 - answers.length)),
  });
}

/** Whether endorsers would be shown the same of both; answers of which none has a core are all the same to them. */
function isSameBatch({ targetData: a }: BatchAnswer, { targetData: b }: BatchAnswer): boolean {
  return a === undefined || b === undefined ? a === b : isSameCores(a, b);
}

/** Names a batch where one transaction would be named. */
export function idsOf(requests: readonly Pick<BuiltRequest, 'txId'>[]): string {
  return requests.map(({ txId }) => toHex(txId)).join();
}
