import { randomBytes } from 'node:crypto';
import { suiteByName, toHex } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { computeTxId, encodeMessage, RequestKind, SealedRequestSchema } from '@selvedge/protocol';
import { openEvaluateAnswer, openSubmitAnswer } from './domain/answer.js';
import { chooseKeyEpoch } from './domain/envelope.js';
import { groupReplicas, requireSameResult } from './domain/replicas.js';
import { buildRequest, type BuiltRequest } from './domain/request.js';
import { isWorthRebuild } from './domain/retry.js';
import { createExecutedTransaction, type ExecutedTransaction } from './executed-transaction.js';
import { executeOnNodes } from './execution.js';
import type { ProposalOptions } from './proposal-options.js';
import type { TransactionSession } from './session.js';

const NONCE_BYTES = 24;

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
  const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
  const timestamp = session.clock();
  const txId = computeTxId(nonce, session.signer.serialized);
  const args = [transaction, ...(options.arguments ?? [])].map(bytesOf);
  const transient = Object.fromEntries(Object.entries(options.transientData ?? {}).map(([name, value]) => [name, bytesOf(value)]));
  const built = new Map<RequestKind, Promise<BuiltRequest>>();

  const build = async (kind: RequestKind): Promise<BuiltRequest> => {
    const [{ view, envelope }, { policy }] = [await session.trust.current(), await session.trust.terms(contract)];
    const suite = suiteByName(policy.suite).name;
    const envelopeKey = envelope.keys.get(suite);
    if (envelopeKey === undefined) throw new SelvedgeError('UNKNOWN_SUITE', `the key broker has no envelope key of suite ${suite}`, { role: 'client' });
    const keyEpoch = chooseKeyEpoch(envelope, view, contract);
    const { network, channel } = session;
    const { digest } = view.profile;
    return buildRequest({ network, channel, contract, kind, args, transient, nonce, timestamp, keyEpoch, profileDigest: digest, suite, envelopeKey }, session.signer);
  };

  // One sealed request for all tries and replicas; a failed build is not kept.
  const request = (kind: RequestKind): Promise<BuiltRequest> => {
    let pending = built.get(kind);
    if (pending === undefined) {
      pending = build(kind);
      built.set(kind, pending);
      pending.catch(() => built.delete(kind));
    }
    return pending;
  };

  const withFreshEvidence = async <T>(kind: RequestKind, run: (request: BuiltRequest) => Promise<T>): Promise<T> => {
    for (let rebuilds = 0; ; rebuilds += 1) {
      try {
        return await run(await request(kind));
      } catch (error) {
        if (!isSelvedgeError(error) || !isWorthRebuild(error.code) || rebuilds >= session.limits.maxRebuilds) throw error;
        built.delete(kind);
        await session.trust.refresh();
      }
    }
  };

  const quorum = async (): Promise<number> => {
    const { policy } = await session.trust.terms(contract);
    return Math.max(1, options.computeQuorum ?? 1, policy.computeQuorum);
  };

  return {
    getTransactionId: () => toHex(txId),
    getBytes: async () => encodeMessage(SealedRequestSchema, (await request(RequestKind.SUBMIT)).sealed),
    execute: () =>
      withFreshEvidence(RequestKind.SUBMIT, async (submit) => {
        const answers = await executeOnNodes(session, submit, { count: await quorum(), open: openSubmitAnswer, signal: options.signal });
        const targetData = groupReplicas(answers);
        return createExecutedTransaction(session, { request: submit, targetData, answers, options });
      }),
    evaluate: () =>
      withFreshEvidence(RequestKind.EVALUATE, async (evaluate) => {
        const answers = await executeOnNodes(session, evaluate, { count: options.computeQuorum ?? 1, open: openEvaluateAnswer, signal: options.signal });
        return requireSameResult(answers);
      }),
  };
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? new TextEncoder().encode(value) : value;
}
