import { toHex } from '@selvedge/crypto';
import { mergeReplicas } from '../domain/replicas.js';
import type { BuiltRequest } from '../domain/request.js';
import type { TransactionSession } from '../session.js';
import { outcomeOf, outcomeOfFailure, type ItemOutcome } from './batch-outcome.js';
import { commitItems } from './commit-items.js';
import { executeBatch } from './execute-batch.js';

/**
 * Executes, endorses and commits a batch. Items that are stale are left out with their dependents; a conflict at commit is
 * the stale items' alone. An item is committed when the ledger's verdict on its own id is VALID, whatever becomes of others:
 * who holds the target data can have some of the items ordered without the rest. Throws what befell the execution.
 */
export async function submitBatch(session: TransactionSession, contract: string, requests: readonly BuiltRequest[]): Promise<ItemOutcome[]> {
  const { answers } = await executeBatch(session, contract, requests, true);
  const [{ items, cores }] = answers;
  const outcomes = items.map(outcomeOf);
  const [target, ...others] = answers.flatMap(({ targetData }) => targetData ?? []);
  if (target === undefined) return outcomes;
  const executed = { targetData: mergeReplicas([target, ...others]), cores };
  // Items without a core have their outcome already.
  const ofCores = await commitItems(session, { contract }, executed).catch((error: unknown) => executed.cores.map(({ txId }) => outcomeOfFailure(error, toHex(txId))));
  return outcomes.map((outcome, i) => {
    const answer = items[i];
    const core = answer !== undefined && 'core' in answer ? answer.core : undefined;
    const ofCore = core === undefined ? undefined : ofCores[core];
    return ofCore === undefined || ofCore.kind === 'done' ? outcome : ofCore;
  });
}
