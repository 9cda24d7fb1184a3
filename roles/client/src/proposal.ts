import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { encodeMessage, isSameCores, RequestKind, SealedRequestSchema } from '@selvedge/protocol';
import { executeOnQuorum, type AgreementRules } from './agreement.js';
import { openEvaluateAnswer, openSubmitAnswer, type Answer, type TargetAnswer } from './domain/answer.js';
import { differenceOf } from './domain/core-difference.js';
import { mergeReplicas } from './domain/replicas.js';
import { contractsAsked } from './domain/requirements.js';
import { createExecutedTransaction, type ExecutedTransaction } from './executed-transaction.js';
import { callOf } from './execution.js';
import { missingFor } from './missing-nodes.js';
import { verifyTargetReplica } from './verify-replica.js';
import { mapParts, verifyPartitionCount } from './partitioned.js';
import type { ProposalOptions } from './proposal-options.js';
import { createRequests, type RequestContent, type Requests } from './requests.js';
import type { TransactionSession } from './session.js';

/** A request that has a transaction id and has not been executed. */
export interface Proposal {
  /** Hexadecimal; SHA-256(nonce || creator) as in Fabric. */
  getTransactionId(): string;
  /** The sealed request (SealedRequest bytes) as it travels for a submit. Verifies evidence first; has the maps of a request in parts run. */
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
  requests: Requests = createRequests(session, contract, contentInParts(session, contract, transaction, options)),
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
        const { answers, outvoted } = await executeOnQuorum(session, callOf(evaluate, openEvaluateAnswer), queryRules(wantedQuorum(options)), options);
        // Of several nodes, the one that vouches for the least.
        const least = answers.flatMap(({ response: { confirmation } }) => confirmation ?? []).sort((a, b) => (a.height < b.height ? -1 : 1))[0];
        if (least !== undefined) options.onConfirmed?.({ height: least.height, organisations: least.mspIds });
        if (outvoted.length > 0) options.onOutvoted?.(outvoted);
        return answers[0].response.payload;
      }),
  };
}

/** Runs a request that is to be committed on as many compute nodes as its contracts ask for. @param kind SUBMIT, or one that is answered as a submit */
export function executeSubmit(session: TransactionSession, requests: Requests, kind: RequestKind, options: ProposalOptions): Promise<ExecutedTransaction> {
  return requests.withFreshEvidence(kind, async (request) => {
    const { answers, outvoted } = await executeOnQuorum(session, callOf(request, openSubmitAnswer), submitRules(session, request.contract, wantedQuorum(options)), options);
    const [first, ...others] = answers;
    const targetData = mergeReplicas([first.targetData, ...others.map((answer) => answer.targetData)]);
    if (outvoted.length > 0) options.onOutvoted?.(outvoted);
    return createExecutedTransaction(session, { request, targetData, answers, outvoted, options });
  });
}

/** What makes answers to a query one. @param wanted nodes that must agree */
function queryRules(wanted: number): AgreementRules<Answer> {
  return {
    isSame: (a, b) => equalBytes(a.response.payload, b.response.payload),
    differenceOf: (a, b) => ({ differs: `the result, at heights ${String(a.response.viewHeight)} and ${String(b.response.viewHeight)}`, isOfState: a.response.viewHeight !== b.response.viewHeight }),
    // Nothing of it is shown to anybody else.
    verify: () => Promise.resolve(),
    missing: (answers) => Promise.resolve(wanted - answers.length),
  };
}

/** What makes answers to a submit one: all that endorsers are to be shown, and what is sealed until the commit. */
function submitRules({ trust, clock }: TransactionSession, contract: string, wanted: number): AgreementRules<TargetAnswer> {
  return {
    isSame: (a, b) => isSameCores(a.targetData, b.targetData) && equalBytes(a.response.gatedResult, b.response.gatedResult),
    differenceOf: (a, b) => (isSameCores(a.targetData, b.targetData) ? { differs: 'the sealed result', isOfState: false } : differenceOf(a.cores, b.cores)),
    verify: async ({ nodeId, targetData, cores }) => { verifyTargetReplica(nodeId, targetData, cores, await trust.view(), clock()); },
    missing: async (answers) => Math.max(wanted - answers.length, await missingFor(trust, contractsAsked(contract, answers), answers)),
  };
}

/** Nodes that the caller wants to agree: of several that are asked at once, a majority. */
function wantedQuorum({ replicas = 1, computeQuorum = Math.floor(replicas / 2) + 1 }: ProposalOptions): number {
  return computeQuorum;
}

/** What a request says to the contract. Throws INVALID_CONFIGURATION for a quorum that is none. */
export function contentOf(transaction: string, options: ProposalOptions): RequestContent {
  requireCount(options.confirm, 'confirm: a number of organisations');
  requireCount(options.computeQuorum, 'computeQuorum: a number of compute nodes');
  requireCount(options.replicas, 'replicas: a number of compute nodes');
  const args = [transaction, ...(options.arguments ?? [])].map(bytesOf);
  const transient = Object.fromEntries(Object.entries(options.transientData ?? {}).map(([name, value]) => [name, bytesOf(value)]));
  return { args, transient, ...(options.confirm === undefined ? {} : { confirmQuorum: options.confirm }) };
}

/** The same with its parts, which are made when the request is built. Throws INVALID_CONFIGURATION. */
function contentInParts(session: TransactionSession, contract: string, transaction: string, options: ProposalOptions): RequestContent {
  const content = contentOf(transaction, options);
  const { partitions } = options;
  if (partitions === undefined) return content;
  verifyPartitionCount(partitions.length);
  const contents = partitions.map((partition) => contentOf(transaction, partition));
  return { ...content, mapParts: (origin) => mapParts(session, contract, contents, origin, { ...options, wanted: wantedQuorum(options) }) };
}

function requireCount(value: number | undefined, what: string): void {
  const isCount = value === undefined || (Number.isInteger(value) && value >= 1 && value <= 0xffff);
  if (!isCount) throw new SelvedgeError('INVALID_CONFIGURATION', `${what}, at least 1`, { role: 'client' });
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? new TextEncoder().encode(value) : value;
}
