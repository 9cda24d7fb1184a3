import { SelvedgeError } from '@selvedge/errors';
import { encodeMessage, KeyEpochsAskedSchema, LIMITS, parseMessage, ReEncryptedSchema, ReEncryptSchema, RequestKind, type ReEncrypted, type StoredKeyEpochs } from '@selvedge/protocol';
import { retryOnConflict } from './conflict-retry.js';
import { openEvaluateAnswer } from './domain/answer.js';
import { describeStoredEpochs, parseStoredEpochs, type StoredEpochs } from './domain/stored-epochs.js';
import { callOf, executeOnNodes } from './execution.js';
import { withPresentKeys } from './present-keys.js';
import { executeSubmit } from './proposal.js';
import { pause } from './repeat.js';
import { createRequests } from './requests.js';
import type { TransactionSession } from './session.js';

export type { DatasetEpochs, StoredEpochs } from './domain/stored-epochs.js';

/** How far a re-encryption has come. */
export interface ReEncryptionProgress {
  /** Entries that were written under the newest epoch. */
  readonly written: number;
  /** Transactions that did it. */
  readonly transactions: number;
  /** How often one of them lost a conflict to a write, and was made again. */
  readonly conflicts: number;
}

export interface ReEncryptionOptions {
  /** 1 to 1,000. A request that reads one of them at that moment may lose a conflict, as against any write. Default 50. */
  readonly keysPerTransaction?: number;
  /** Rest after each transaction. Default 0. */
  readonly pauseMs?: number;
  readonly signal?: AbortSignal;
  /** Called after each transaction. */
  readonly onProgress?: (progress: ReEncryptionProgress) => void;
}

/** Epochs of a contract's data key, as its entries lie under them. */
export interface KeyEpochs {
  /** Counts the ledger's current state, as a quorum of organisations confirms it. Throws RE_ENCRYPTION_DENIED, SET_DIGEST_UNCONFIRMED, STALE_GUARD while it changes too fast. */
  count(options?: Pick<ReEncryptionOptions, 'signal'>): Promise<StoredEpochs>;
  /**
   * Writes every entry that lies under an older epoch once more under the newest, a few at a time, while other requests run:
   * values and metadata stay. It goes on from wherever an earlier one ended. Resolves with its work and the count after it;
   * throws as count and as a submit does, and INVALID_CONFIGURATION.
   */
  reEncrypt(options?: ReEncryptionOptions): Promise<ReEncryptionProgress & { readonly after: StoredEpochs }>;
}

const KEYS_PER_TRANSACTION = 50;
/** What loses a conflict finds the entry under the newest epoch the next time. */
const CONFLICTS = { attempts: 20 };
/** Rounds in which nothing was to do after all: business nodes may list what was written a moment ago. */
const MAX_IDLE_ROUNDS = 5;
const IDLE_PAUSE_MS = 200;

/** The epochs of a contract of this session's channel. */
export function createKeyEpochs(session: TransactionSession, contract: string): KeyEpochs {
  const signalOf = (signal: AbortSignal | undefined): AbortSignal => (signal === undefined ? session.closing : AbortSignal.any([session.closing, signal]));
  const retrying = <T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> => retryOnConflict(() => withPresentKeys(session, run), CONFLICTS, { random: session.random, pause: (ms) => pause(ms, signal) });

  const list = async (asked: { readonly confirm: boolean; readonly maxKeys: number }, signal: AbortSignal): Promise<StoredKeyEpochs> => {
    const requests = createRequests(session, contract, { args: [encodeMessage(KeyEpochsAskedSchema, asked)], transient: {} });
    const [answer] = await requests.withFreshEvidence(RequestKind.LIST_KEY_EPOCHS, (request) => executeOnNodes(session, callOf(request, openEvaluateAnswer), { count: 1, signal }));
    return parseStoredEpochs(answer?.response.payload ?? new Uint8Array(0));
  };

  const count = (signal: AbortSignal): Promise<StoredEpochs> =>
    retrying(async () => {
      const stored = await list({ confirm: true, maxKeys: 0 }, signal);
      return describeStoredEpochs(stored, contract, (await session.trust.current()).view);
    }, signal);

  const commit = async (dataset: string, ledgerKeys: readonly Uint8Array[], signal: AbortSignal): Promise<ReEncrypted> => {
    const requests = createRequests(session, contract, { args: [encodeMessage(ReEncryptSchema, { dataset, ledgerKeys: [...ledgerKeys] })], transient: {} });
    const executed = await executeSubmit(session, requests, RequestKind.RE_ENCRYPT, { signal });
    const done = parseMessage(ReEncryptedSchema, executed.getResult(), LIMITS.maxHeaderBytes);
    const isPossible = done.seen >= 1 && done.seen <= ledgerKeys.length && done.written <= done.seen;
    if (!isPossible) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', 'a compute node answered for other keys than it was asked to re-encrypt', { role: 'client' });
    if (done.written === 0) return done;
    const endorsed = await executed.endorse();
    await (await endorsed.submit()).verifyCommitted();
    return done;
  };

  return {
    count: ({ signal } = {}) => count(signalOf(signal)),
    async reEncrypt({ keysPerTransaction = KEYS_PER_TRANSACTION, pauseMs = 0, signal: own, onProgress } = {}) {
      const isAllowed = Number.isInteger(keysPerTransaction) && keysPerTransaction >= 1 && keysPerTransaction <= LIMITS.maxReEncryptedKeys;
      if (!isAllowed) throw new SelvedgeError('INVALID_CONFIGURATION', `keys per transaction: a whole number from 1 to ${String(LIMITS.maxReEncryptedKeys)} is expected`, { role: 'client' });
      const signal = signalOf(own);
      let [written, transactions, tries] = [0, 0, 0];
      const progress = (): ReEncryptionProgress => ({ written, transactions, conflicts: tries - transactions });

      const reEncryptListed = async (dataset: string, listed: readonly Uint8Array[]): Promise<void> => {
        for (let rest = listed; rest.length > 0; ) {
          const keys = rest.slice(0, keysPerTransaction);
          const done = await retrying(() => {
            tries += 1;
            return commit(dataset, keys, signal);
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
        const { datasets } = await retrying(() => list({ confirm: false, maxKeys: LIMITS.maxListedKeys }, signal), signal);
        if (datasets.every(({ olderKeys }) => olderKeys.length === 0)) break;
        const before = written;
        for (const { dataset, olderKeys } of datasets) await reEncryptListed(dataset, olderKeys);
        if (written === before) {
          idleRounds += 1;
          await pause(IDLE_PAUSE_MS, signal);
        } else idleRounds = 0;
      }
      return { ...progress(), after: await count(signal) };
    },
  };
}
