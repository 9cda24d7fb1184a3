import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { encodeMessage, RequestKind, SealedRequestSchema } from '@selvedge/protocol';
import { openEvaluateAnswer, openSubmitAnswer, type TargetAnswer } from './domain/answer.js';
import { groupReplicas, requireSameGatedResult, requireSameResult } from './domain/replicas.js';
import { createExecutedTransaction, type ExecutedTransaction } from './executed-transaction.js';
import { callOf, executeOnNodes, executeOnQuorum } from './execution.js';
import { missingFor } from './missing-nodes.js';
import type { ProposalOptions } from './proposal-options.js';
import { createRequests, type RequestContent, type Requests } from './requests.js';
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

/** Prepares a request; nothing is sent. @param requests those that a batch was tried with: the transaction id stays theirs */
export function createProposal(
  session: TransactionSession,
  contract: string,
  transaction: string,
  options: ProposalOptions,
  requests: Requests = createRequests(session, contract, contentOf(transaction, options)),
): Proposal {
  return {
    getTransactionId: () => toHex(requests.txId),
    getBytes: async () => encodeMessage(SealedRequestSchema, (await requests.get(RequestKind.SUBMIT)).sealed),
    execute: () => {
      if (options.confirm !== undefined) throw new SelvedgeError('INVALID_CONFIGURATION', 'confirm is for evaluate: what a submit read is checked by its endorsers and at the commit', { role: 'client' });
      return executeSubmit(session, requests, RequestKind.SUBMIT, options);
    },
    evaluate: () =>
      requests.withFreshEvidence(RequestKind.EVALUATE, async (evaluate) => {
        const answers = await executeOnNodes(session, callOf(evaluate, openEvaluateAnswer), { count: options.computeQuorum ?? 1, signal: options.signal });
        const result = requireSameResult(answers);
        // Of several nodes, the one that vouches for the least.
        const least = answers.flatMap(({ response: { confirmation } }) => confirmation ?? []).sort((a, b) => (a.height < b.height ? -1 : 1))[0];
        if (least !== undefined) options.onConfirmed?.({ height: least.height, organisations: least.mspIds });
        return result;
      }),
  };
}

/** Runs a request that is to be committed on as many compute nodes as its contracts ask for. @param kind SUBMIT, or one that is answered as a submit */
export function executeSubmit(session: TransactionSession, requests: Requests, kind: RequestKind, options: ProposalOptions): Promise<ExecutedTransaction> {
  const wanted = options.computeQuorum ?? 1;
  const missing = async (contracts: readonly string[], answers: readonly TargetAnswer[]): Promise<number> => Math.max(wanted - answers.length, await missingFor(session.trust, contracts, answers));
  return requests.withFreshEvidence(kind, async (request) => {
    const answers = await executeOnQuorum(session, callOf(request, openSubmitAnswer), { missing, signal: options.signal });
    const targetData = groupReplicas(answers);
    requireSameGatedResult(answers);
    return createExecutedTransaction(session, { request, targetData, answers, options });
  });
}

/** What a request says to the contract. Throws INVALID_CONFIGURATION for a quorum that is none. */
export function contentOf(transaction: string, options: ProposalOptions): RequestContent {
  const isQuorum = options.confirm === undefined || (Number.isInteger(options.confirm) && options.confirm >= 1 && options.confirm <= 0xffff);
  if (!isQuorum) throw new SelvedgeError('INVALID_CONFIGURATION', 'confirm: a number of organisations, at least 1', { role: 'client' });
  const args = [transaction, ...(options.arguments ?? [])].map(bytesOf);
  const transient = Object.fromEntries(Object.entries(options.transientData ?? {}).map(([name, value]) => [name, bytesOf(value)]));
  return { args, transient, ...(options.confirm === undefined ? {} : { confirmQuorum: options.confirm }) };
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? new TextEncoder().encode(value) : value;
}
