import { encodeMessage, KeyEpochsAskedSchema, LIMITS, ReEncryptSchema, RequestKind, type StoredKeyEpochs } from '@selvedge/protocol';
import { describeStoredEpochs, parseStoredEpochs, type StoredEpochs } from './domain/stored-epochs.js';
import { createListedWork, type WorkOptions, type WorkProgress } from './listed-work.js';
import type { TransactionSession } from './session.js';

export type { DatasetEpochs, StoredEpochs } from './domain/stored-epochs.js';

/** How far a re-encryption has come; written: entries that were written under the newest epoch. */
export type ReEncryptionProgress = WorkProgress;
export type ReEncryptionOptions = WorkOptions;

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

/** The epochs of a contract of this session's channel. */
export function createKeyEpochs(session: TransactionSession, contract: string): KeyEpochs {
  const work = createListedWork(session, contract);

  const list = async (asked: { readonly confirm: boolean; readonly maxKeys: number }, signal: AbortSignal): Promise<StoredKeyEpochs> =>
    parseStoredEpochs(await work.ask(RequestKind.LIST_KEY_EPOCHS, encodeMessage(KeyEpochsAskedSchema, asked), signal));

  const count = (signal: AbortSignal): Promise<StoredEpochs> =>
    work.retrying(async () => {
      const stored = await list({ confirm: true, maxKeys: 0 }, signal);
      return describeStoredEpochs(stored, contract, (await session.trust.current()).view);
    }, signal);

  return {
    count: ({ signal } = {}) => count(work.signalOf(signal)),
    async reEncrypt(options = {}) {
      const done = await work.run(
        {
          kind: RequestKind.RE_ENCRYPT,
          list: async (signal) => (await list({ confirm: false, maxKeys: LIMITS.maxListedKeys }, signal)).datasets.map(({ dataset, olderKeys }) => ({ dataset, keys: olderKeys })),
          argument: (dataset, ledgerKeys) => encodeMessage(ReEncryptSchema, { dataset, ledgerKeys }),
        },
        options,
      );
      return { ...done, after: await count(work.signalOf(options.signal)) };
    },
  };
}
