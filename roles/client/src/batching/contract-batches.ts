import { toHex } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { LIMITS, RequestKind } from '@selvedge/protocol';
import { createContention } from '../domain/contention.js';
import { isConflict } from '../domain/retry.js';
import { createRequests, type RequestContent, type Requests } from '../requests.js';
import type { TransactionSession } from '../session.js';
import { afterRefusedCarrier, hasMetConflict, outcomeOf, outcomeOfFailure, type ItemOutcome } from './batch-outcome.js';
import { createBatchQueue, DEFAULT_IN_FLIGHT, type BatchPolicy, type BatchQueue } from './batch-queue.js';
import { executeBatch } from './execute-batch.js';
import { submitBatch } from './submit-batch.js';

/** Sends a request by itself. @param requests with the transaction id that it has already; by default it gets one */
type Alone = (requests?: Requests) => Promise<Uint8Array>;

/** One contract's requests, in batches. */
export interface ContractBatches {
  /** Commits a request within a batch. @param alone commits it by itself, where it cannot go with others */
  submit(content: RequestContent, alone: Alone): Promise<Uint8Array>;
  /** Evaluates a request within a batch. */
  evaluate(content: RequestContent, alone: Alone): Promise<Uint8Array>;
}

interface Waiting {
  readonly content: RequestContent;
  /** Of the one transaction id that it goes by, in a batch and alone, until the ledger's verdict on that. */
  readonly requests: Requests;
  readonly alone: Alone;
  readonly resolve: (result: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
  /** Batches that it was made again after. */
  readonly repeats: number;
  /** Since when it waits for a batch, by the monotonic clock. */
  readonly sinceMs: number;
}

/** What came of a batch's items. */
interface Settled {
  readonly isStale: boolean;
  /** Of each item that goes alone, whether it was stale then. They do not reject. */
  readonly alone: readonly Promise<boolean>[];
}

/** By default: queries see no less for other batches under way, and while one runs others are sealed and opened. */
const QUERY_BATCHES_IN_FLIGHT = 4;
/** After so many batches that fell to others' conflicts an item goes alone. */
export const MAX_REPEATS = 3;

/** Throws INVALID_CONFIGURATION for a policy that makes no sense. */
export function verifyBatchPolicy(contract: string, { maxBatch, maxBatchDelayMs, maxInFlight }: BatchPolicy): void {
  const isWhole = [maxBatch, ...(maxInFlight === undefined ? [] : [maxInFlight])].every((value) => Number.isInteger(value) && value >= 1) && maxBatch <= LIMITS.maxBatchItems;
  const isDelay = maxBatchDelayMs >= 0 && maxBatchDelayMs <= 60_000;
  if (!isWhole || !isDelay) throw new SelvedgeError('INVALID_CONFIGURATION', `batching of contract ${contract}: maxBatch is 1 to ${String(LIMITS.maxBatchItems)}, maxBatchDelayMs 0 to 60,000, maxInFlight at least 1`, { role: 'client' });
}

/** Batches a contract's requests as the policy says. */
export function createContractBatches(session: TransactionSession, contract: string, policy: BatchPolicy): ContractBatches {
  const isWanted = ({ sinceMs, reject }: Waiting): boolean => {
    if (performance.now() <= session.admission.waitUntilMs(sinceMs)) return true;
    reject(new SelvedgeError('OVERLOADED', 'no batch had a place in time', { role: 'client' }));
    return false;
  };
  const contention = createContention(policy.maxInFlight ?? DEFAULT_IN_FLIGHT);
  const submits: BatchQueue<Waiting> = createBatchQueue({ ...policy, limit: () => contention.limit() }, (items) => submit(items), isWanted);
  const evaluates: BatchQueue<Waiting> = createBatchQueue({ maxInFlight: QUERY_BATCHES_IN_FLIGHT, isSharedOut: true, ...policy }, async (items) => {
    await run(RequestKind.EVALUATE, items);
  }, isWanted);

  /** What goes alone does not keep a place among the batches, unless they meet each other's keys: then it would meet the next one's. */
  const submit = async (items: readonly Waiting[]): Promise<void> => {
    const end = contention.begin();
    const { isStale, alone } = await run(RequestKind.SUBMIT, items);
    const ended = Promise.all(alone).then((stale) => {
      end(isStale || stale.includes(true));
    });
    if (isStale || contention.isHigh()) await ended;
  };
  const run = async (kind: RequestKind, items: readonly Waiting[]): Promise<Settled> => {
    const outcomes = items.length === 1 ? items.map((): ItemOutcome => ({ kind: 'alone' })) : await runTogether(kind, items);
    return { isStale: outcomes.some(hasMetConflict), alone: items.flatMap((item, i) => settle(item, outcomes[i] ?? { kind: 'alone' }) ?? []) };
  };

  /** Does not reject: what befell the batch as a whole before it was ordered says nothing about its items. */
  const runTogether = async (kind: RequestKind, items: readonly Waiting[]): Promise<ItemOutcome[]> => {
    try {
      const requests = await Promise.all(items.map((item) => item.requests.get(kind)));
      if (kind === RequestKind.SUBMIT) return await submitBatch(session, contract, requests);
      const { answers: [answer] } = await executeBatch(session, contract, requests, false);
      return answer.items.map(outcomeOf);
    } catch (error) {
      return items.map(({ requests }) => outcomeOfFailure(error, toHex(requests.txId)));
    }
  };

  const settle = (item: Waiting, outcome: ItemOutcome): Promise<boolean> | undefined => {
    if (outcome.kind === 'done') item.resolve(outcome.result);
    else if (outcome.kind === 'failed') item.reject(outcome.error);
    else if (outcome.kind === 'again' && item.repeats < MAX_REPEATS) addAgain(item, createRequests(session, contract, item.content));
    else if (outcome.kind === 'rejoin') {
      // On what is on the ledger by now.
      item.requests.renew();
      const kept: Waiting = { ...item, reject: (error) => { item.reject(afterRefusedCarrier(error, toHex(item.requests.txId))); } };
      if (item.repeats >= MAX_REPEATS) return sendAlone(kept, item.requests);
      addAgain(kept, item.requests);
    } else return sendAlone(item, outcome.kind === 'alone' ? item.requests : undefined);
    return undefined;
  };
  const addAgain = (item: Waiting, requests: Requests): void => {
    submits.add({ ...item, requests, repeats: item.repeats + 1, sinceMs: performance.now() });
  };
  /** @param requests of the id that it has: without a verdict on that the item keeps it, so that it is committed once at most */
  const sendAlone = async ({ alone, resolve, reject }: Waiting, requests: Requests | undefined): Promise<boolean> => {
    try {
      resolve(await alone(requests));
      return false;
    } catch (error) {
      reject(error);
      return isSelvedgeError(error) && isConflict(error.code);
    }
  };

  const add = (queue: BatchQueue<Waiting>, content: RequestContent, alone: Alone): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      queue.add({ content, requests: createRequests(session, contract, content), alone, resolve, reject, repeats: 0, sinceMs: performance.now() });
    });

  return { submit: (content, alone) => add(submits, content, alone), evaluate: (content, alone) => add(evaluates, content, alone) };
}
