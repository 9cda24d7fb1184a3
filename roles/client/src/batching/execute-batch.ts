import { toHex } from '@selvedge/crypto';
import { openBatchAnswer, type BatchAnswer } from '../domain/batch-answer.js';
import type { BuiltRequest } from '../domain/request.js';
import { executeOnQuorum, type NodeCall } from '../execution.js';
import { missingFor } from '../missing-nodes.js';
import type { Session } from '../session.js';

/**
 * Has a batch executed by as many compute nodes as the contract and those that it called ask for. Throws what
 * executeOnQuorum and openBatchAnswer throw.
 */
export async function executeBatch(session: Session, contract: string, requests: readonly BuiltRequest[], isSubmit: boolean): Promise<BatchAnswer[]> {
  const call: NodeCall<BatchAnswer> = {
    contract,
    txId: idsOf(requests),
    send: async (node, bounds) => openBatchAnswer(requests, node.nodeId, await node.executeBatch(requests.map(({ sealed }) => sealed), bounds)),
  };
  const missing = async (contracts: readonly string[], answers: readonly BatchAnswer[]): Promise<number> => (isSubmit ? missingFor(session.trust, contracts, answers) : 1 - answers.length);
  return executeOnQuorum(session, call, { missing });
}

/** Names a batch where one transaction would be named. */
export function idsOf(requests: readonly Pick<BuiltRequest, 'txId'>[]): string {
  return requests.map(({ txId }) => toHex(txId)).join();
}
