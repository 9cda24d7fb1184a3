import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { LIMITS, parseMessage, ReEncryptedSchema, type ReEncrypted, type RequestKind } from '@selvedge/protocol';
import { retryOnConflict } from './conflict-retry.js';
import { openEvaluateAnswer } from './domain/answer.js';
import { callOf, executeOnOneNode } from './execution.js';
import { withPresentKeys } from './present-keys.js';
import { executeSubmit } from './proposal.js';
import { pause } from './repeat.js';
import { createRequests } from './requests.js';
import type { TransactionSession } from './session.js';

/** How far work on a contract's entries has come. */
export interface WorkProgress {
  /** Entries that were seen to. */
  readonly written: number;
  /** Transactions that did it. */
  readonly transactions: number;
  /** How often one of them lost a conflict to a write, and was made again. */
  readonly conflicts: number;
}

export interface WorkOptions {
  /** 1 to 1,000. A request that reads one of them at that moment may lose a conflict, as against any write. Default 50. */
  readonly keysPerTransaction?: number;
  /** Rest after each transaction. Default 0. */
  readonly pauseMs?: number;
  readonly signal?: AbortSignal;
  /** Called after each transaction. */
  readonly onProgress?: (progress: WorkProgress) => void;
}

/** Entries of a dataset that are to be seen to. */
export interface ListedKeys {
  readonly dataset: string;
  readonly keys: readonly Uint8Array[];
}

/** What an operator has compute nodes do with a contract's entries, without its chaincode. */
export interface ListedWork {
  /** Asks one node: the answer's payload. */
  ask(kind: RequestKind, argument: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
  /** Runs again what loses a conflict or meets a change of keys. */
  readonly retrying: <T>(run: () => Promise<T>, signal: AbortSignal) => Promise<T>;
  readonly signalOf: (signal: AbortSignal | undefined) => AbortSignal;
  /**
   * Has entries seen to, a few at a time, until none is listed any more: the state is the only progress that is kept. Throws as a
   * submit does, INVALID_CONFIGURATION, TARGET_DATA_INCONSISTENT.
   */
  run(work: { readonly kind: RequestKind; readonly list: (signal: AbortSignal) => Promise<readonly ListedKeys[]>; readonly argument: (dataset: string, keys: Uint8Array[]) => Uint8Array }, options: WorkOptions): Promise<WorkProgress>;
}

const KEYS_PER_TRANSACTION = 50;
/** What loses a conflict finds the entry seen to the next time. */
const CONFLICTS = { attempts: 20 };
/** Rounds in which nothing was to do after all: business nodes may list what was written a moment ago. */
const MAX_IDLE_ROUNDS = 5;
const IDLE_PAUSE_MS = 200;
/** A try by itself asks every node for as long as a request may. */
const KEYS_WITHIN_MS = 60_000;
const KEY_PAUSE_MS = 500;

/** After a rotation or a step of a migration, compute nodes fetch what it opened. */
async function withKeysOnTheirWay<T>(run: () => Promise<T>, wait: (ms: number) => Promise<void>): Promise<T> {
  const end = performance.now() + KEYS_WITHIN_MS;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!isSelvedgeError(error, 'NOT_READY') || performance.now() > end) throw error;
    }
    await wait(KEY_PAUSE_MS);
  }
}

export function createListedWork(session: TransactionSession, contract: string): ListedWork {
  const retrying: ListedWork['retrying'] = (run, signal) =>
    withKeysOnTheirWay(() => retryOnConflict(() => withPresentKeys(session, run), CONFLICTS, { random: session.random, pause: (ms) => pause(ms, signal) }), (ms) => pause(ms, signal));

  const signalOf: ListedWork['signalOf'] = (signal) => (signal === undefined ? session.closing : AbortSignal.any([session.closing, signal]));

  const commit = async (kind: RequestKind, argument: Uint8Array, count: number, signal: AbortSignal): Promise<ReEncrypted> => {
    const requests = createRequests(session, contract, { args: [argument], transient: {} });
    const executed = await executeSubmit(session, requests, kind, { signal });
    const done = parseMessage(ReEncryptedSchema, executed.getResult(), LIMITS.maxHeaderBytes);
    const isPossible = done.seen >= 1 && done.seen <= count && done.written <= done.seen;
    if (!isPossible) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', 'a compute node answered for other keys than it was asked to see to', { role: 'client' });
    if (done.written === 0) return done;
    const endorsed = await executed.endorse();
    await (await endorsed.submit()).verifyCommitted();
    return done;
  };

  return {
    retrying,
    signalOf,
    async ask(kind, argument, signal) {
      const requests = createRequests(session, contract, { args: [argument], transient: {} });
      const { response } = await requests.withFreshEvidence(kind, (request) => executeOnOneNode(session, callOf(request, openEvaluateAnswer), signal));
      return response.payload;
    },
    async run({ kind, list, argument }, { keysPerTransaction = KEYS_PER_TRANSACTION, pauseMs = 0, signal: own, onProgress }) {
      const isAllowed = Number.isInteger(keysPerTransaction) && keysPerTransaction >= 1 && keysPerTransaction <= LIMITS.maxReEncryptedKeys;
      if (!isAllowed) throw new SelvedgeError('INVALID_CONFIGURATION', `keys per transaction: a whole number from 1 to ${String(LIMITS.maxReEncryptedKeys)} is expected`, { role: 'client' });
      const signal = signalOf(own);
      let [written, transactions, tries] = [0, 0, 0];
      const progress = (): WorkProgress => ({ written, transactions, conflicts: tries - transactions });

      const seeTo = async ({ dataset, keys: listed }: ListedKeys): Promise<void> => {
        for (let rest = listed; rest.length > 0; ) {
          const keys = rest.slice(0, keysPerTransaction);
          const done = await retrying(() => {
            tries += 1;
            return commit(kind, argument(dataset, keys), keys.length, signal);
          }, signal);
          rest = rest.slice(done.seen);
          if (done.written === 0) tries -= 1;
          else {
            written += done.written;
            transactions += 1;
            onProgress?.(progress());
            if (pauseMs > 0) await pause(pauseMs, signal);
          }
        }
      };

      for (let idleRounds = 0; idleRounds < MAX_IDLE_ROUNDS; ) {
        const datasets = await retrying(() => list(signal), signal);
        if (datasets.every(({ keys }) => keys.length === 0)) break;
        const before = written;
        for (const dataset of datasets) await seeTo(dataset);
        if (written === before) {
          idleRounds += 1;
          await pause(IDLE_PAUSE_MS, signal);
        } else idleRounds = 0;
      }
      return progress();
    },
  };
}
