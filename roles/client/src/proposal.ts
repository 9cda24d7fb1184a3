import { toHex } from '@selvedge/crypto';
import { encodeMessage, RequestKind, SealedRequestSchema } from '@selvedge/protocol';
import { openEvaluateAnswer, openSubmitAnswer } from './domain/answer.js';
import { groupReplicas, requireSameResult } from './domain/replicas.js';
import { createExecutedTransaction, type ExecutedTransaction } from './executed-transaction.js';
import { executeOnNodes } from './execution.js';
import type { ProposalOptions } from './proposal-options.js';
import { createRequests } from './requests.js';
import type { TransactionSession } from './session.js';

/** A request that has a transaction id and has not been executed. */
export interface Proposal {
  /** Hexadecimal; SHA-256(nonce || creator) as in Fabric. */
  getTransactionId(): string;
  /** The sealed request (SealedRequest bytes) as it travels for a submit. Verifies evidence first. */
  getBytes(): Promise<Uint8Array>;
  /** Runs the function on compute nodes and returns its target data, checked. Nothing is committed. */
  execute(): Promise<ExecutedTransaction>;
  /** Runs the function and returns its result only. */
  evaluate(): Promise<Uint8Array>;
}

/** Prepares a request; nothing is sent. */
export function createProposal(session: TransactionSession, contract: string, transaction: string, options: ProposalOptions): Proposal {
  const args = [transaction, ...(options.arguments ?? [])].map(bytesOf);
  const transient = Object.fromEntries(Object.entries(options.transientData ?? {}).map(([name, value]) => [name, bytesOf(value)]));
  const requests = createRequests(session, contract, { args, transient });

  const quorum = async (): Promise<number> => {
    const { policy } = await session.trust.terms(contract);
    return Math.max(1, options.computeQuorum ?? 1, policy.computeQuorum);
  };

  return {
    getTransactionId: () => toHex(requests.txId),
    getBytes: async () => encodeMessage(SealedRequestSchema, (await requests.get(RequestKind.SUBMIT)).sealed),
    execute: () =>
      requests.withFreshEvidence(RequestKind.SUBMIT, async (submit) => {
        const answers = await executeOnNodes(session, submit, { count: await quorum(), open: openSubmitAnswer, signal: options.signal });
        const targetData = groupReplicas(answers);
        return createExecutedTransaction(session, { request: submit, targetData, answers, options });
      }),
    evaluate: () =>
      requests.withFreshEvidence(RequestKind.EVALUATE, async (evaluate) => {
        const answers = await executeOnNodes(session, evaluate, { count: options.computeQuorum ?? 1, open: openEvaluateAnswer, signal: options.signal });
        return requireSameResult(answers);
      }),
  };
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? new TextEncoder().encode(value) : value;
}
