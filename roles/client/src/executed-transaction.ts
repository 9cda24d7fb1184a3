import { toHex } from '@selvedge/crypto';
import type { ChaincodeEvent, TargetData } from '@selvedge/protocol';
import type { TargetAnswer } from './domain/answer.js';
import type { OutvotedNode } from './domain/replicas.js';
import type { BuiltRequest } from './domain/request.js';
import { createEndorsedTransactionStage, type EndorsedTransaction } from './endorsed-transaction.js';
import { explainRefusal } from './met-upgrade.js';
import type { ProposalOptions } from './proposal-options.js';
import { requirementsOf } from './requirements-of.js';
import type { TransactionSession } from './session.js';
import { createTransactionResult } from './transaction-result.js';

/** A request that compute nodes have run. Nothing is committed yet. */
export interface ExecutedTransaction {
  /** Hexadecimal. */
  getTransactionId(): string;
  /** What the function returned. Throws RESULT_GATED where that is released on commit. */
  getResult(): Uint8Array;
  /**
   * Where the function is gated: what its creator needs to fetch the result later (Contract.fetchResult), should it lose sight of
   * the transaction after the commit. It holds no secret.
   */
  getResultHandle(): Uint8Array | undefined;
  /** The event that the function set, if any. */
  getEvent(): ChaincodeEvent | undefined;
  /** What endorsers are shown: cores, TEE signatures and packets, of all replicas. */
  readonly targetData: TargetData;
  /** Node ids of the compute nodes that ran it. */
  readonly executedBy: readonly string[];
  /** Compute nodes that ran it as well and gave something else, as far as they had answered. */
  readonly outvoted: readonly OutvotedNode[];
  /** Collects the endorsements that the contract's and the owner sets' policies ask for. */
  endorse(): Promise<EndorsedTransaction>;
}

/** The stage after execution. @param executed target data of all nodes that agreed, and their answers */
export function createExecutedTransaction(
  session: TransactionSession,
  executed: { readonly request: BuiltRequest; readonly targetData: TargetData; readonly answers: readonly [TargetAnswer, ...TargetAnswer[]]; readonly outvoted: readonly OutvotedNode[]; readonly options: ProposalOptions },
): ExecutedTransaction {
  const { request, targetData, answers, outvoted, options } = executed;
  const [first] = answers;
  const { cores } = first;
  const result = createTransactionResult(session, request, first, options.signal);
  const txId = toHex(request.txId);

  return {
    getTransactionId: () => txId,
    getResult: () => result.get(),
    getResultHandle: () => result.handle,
    getEvent: () => first.response.event,
    targetData,
    executedBy: answers.map((answer) => answer.nodeId),
    outvoted,
    async endorse() {
      const requirements = await requirementsOf(session.trust, cores, targetData);
      const { txId: transactionId, nonce, contract } = request;
      const { endorsingOrganizations, signal } = options;
      const lane = { txId: transactionId, nonce, contract, targetData, cores, requirements, endorsingOrganizations, signal };
      const carried = await session.lane.endorse(lane).catch(async (error: unknown) => {
        throw await explainRefusal(error, cores, session.trust);
      });
      const { packets = [], teeSignatures = [] } = targetData.attachments ?? {};
      return createEndorsedTransactionStage({ txId: transactionId, result, cores, packets, teeSignatures, targets: requirements.targets, carried, trust: session.trust });
    },
  };
}
