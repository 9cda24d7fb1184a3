import { setTimeout } from 'node:timers/promises';
import { toHex } from '@selvedge/crypto';
import { SelvedgeError, withRole } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { ValidationCode } from '@selvedge/protocol';
import type { SetTables } from './adapters/set-tables.js';
import { createChangeLog } from './domain/change-log.js';
import type { LedgerHead } from './domain/ledger-head.js';
import { KEPT_SET_HEIGHTS, type SetDigestAt, type SetId } from './domain/sets.js';
import { validationCodeName } from './domain/verdict.js';
import type { GatedCommit, LedgerLog, StateReader, TransactionResult } from './ports.js';
import type { LedgerStore } from './store.js';
import { WaitingRoom } from './waiting-room.js';

/** Follows a ledger: verifies, judges and stores each block. */
export interface Follower {
  readonly state: StateReader;
  /** Last synced block and the facts at it. */
  readonly head: LedgerHead;
  /** Current profile: the newest on the ledger, the trust anchor before the ledger has one; with the revocation lists on the ledger. */
  profile(): Profile;
  /** Why following stands still; undefined while all is well. It keeps trying, and never applies what does not verify. */
  readonly failure: SelvedgeError | undefined;
  /** Begins to follow; later calls change nothing. */
  start(): void;
  /**
   * The transaction's result once it is synced here; undefined when the time passed.
   * timeoutMs 0 answers at once. Throws CANCELLED when aborted, OVERLOADED with too many waiting, DRAINING when closed.
   */
  waitForResult(txId: Uint8Array, timeoutMs: number, signal?: AbortSignal): Promise<TransactionResult | undefined>;
  /** The transaction's result if it is synced here, and complete. */
  result(txId: Uint8Array): TransactionResult | undefined;
  /** How a transaction ended as soon as its block is synced here, whatever its packets; with what is kept where it is valid and gated. */
  commitOf(txId: Uint8Array): FollowedCommit | undefined;
  /** What `ready` finds, which is asked now and whenever something is told about the transaction. Throws as waitForResult. */
  waitUntil<T>(txId: Uint8Array, ready: () => T | undefined, timeoutMs: number, signal?: AbortSignal): Promise<T | undefined>;
  /** Whether this height is synced here within the time. Throws as waitForResult. */
  waitForHeight(height: bigint, timeoutMs: number, signal?: AbortSignal): Promise<boolean>;
  /** What a set was at a height that is kept: the newest one and those a little below. Throws SET_DIGEST_HEIGHT_UNKNOWN. */
  setDigest(set: SetId, height: bigint): SetDigestAt;
  /** Change marks of the newest blocks from a number on, one entry for each block up to the head's; fewer where it does not know them. */
  changes(from: bigint): readonly Uint8Array[];
  /** Stops following, ends what waits and closes the store. */
  close(): Promise<void>;
}

/** How a transaction ended, by its block. */
export type FollowedCommit = TransactionResult & { readonly gated: GatedCommit | undefined };

/** What the following loop needs to know of an applied block. */
export interface AppliedSummary {
  readonly number: bigint;
  readonly transactions: readonly {
    readonly index: number;
    readonly code: ValidationCode;
    readonly txIds: readonly Uint8Array[];
    /** Why it is not VALID. */
    readonly reason: string | undefined;
  }[];
}

/** Applies one ledger's blocks to a store, one at a time. */
export interface BlockApplier<Block, Applied extends AppliedSummary> {
  readonly tables: StateReader & { readonly sets: Pick<SetTables, 'digestAt'>; gatedCommit(txId: Uint8Array): GatedCommit | undefined };
  /** The synced head. */
  readonly head: LedgerHead;
  readonly profile: Profile;
  /** Applies the next block. Resolves after it is synced and visible. Throws LEDGER_CORRUPT when it does not verify. */
  apply(block: Block): Promise<Applied>;
  /** A mark of each entry and key policy that a block changed; in any order. Not of what ends by itself. */
  changeMarks(block: Applied): readonly Uint8Array[];
}

/** Settings of a follower that do not depend on the ledger. */
export interface FollowOptions<Applied> {
  /** From openLedgerStore; the follower closes it. */
  readonly store: LedgerStore;
  readonly log?: LedgerLog | undefined;
  /** After the block is synced and visible, before those who wait for its results are answered. */
  readonly onCommitted?: ((block: Applied) => void) | undefined;
  /** Delays between attempts to reach the ledger; default 50, doubling up to 1,000. */
  readonly reconnect?: { readonly initialDelayMs: number; readonly maxDelayMs: number } | undefined;
  /** Calls that wait at once; default 20,000. */
  readonly maxWaiting?: number | undefined;
  /** Whether a result may be told yet; asked again at notifyResult. Default: always. */
  readonly isComplete?: ((txId: Uint8Array, result: TransactionResult) => boolean) | undefined;
}

/** A follower whose results can wait for more than their block. */
export interface NotifiableFollower extends Follower {
  /** Those who wait for this transaction look again. */
  notifyResult(txId: Uint8Array): void;
}

const HEIGHT = 'height';

/** Builds the follower of a ledger. blocks: from a number on, in order; ends or throws when the connection breaks, ends when aborted. */
export function createFollower<Block, Applied extends AppliedSummary>(
  application: BlockApplier<Block, Applied>,
  blocks: (from: bigint, signal: AbortSignal) => AsyncIterable<Block>,
  options: FollowOptions<Applied>,
): NotifiableFollower {
  const { store, log, onCommitted, isComplete = () => true, reconnect = { initialDelayMs: 50, maxDelayMs: 1_000 } } = options;
  const room = new WaitingRoom(options.maxWaiting ?? 20_000);
  const stop = new AbortController();
  const changeLog = createChangeLog();
  let failure: SelvedgeError | undefined;
  let running: Promise<void> | undefined;

  const followOnce = async (onBlock: () => void): Promise<void> => {
    for await (const block of blocks(application.head.height, stop.signal)) {
      if (stop.signal.aborted) return;
      const applied = await application.apply(block);
      changeLog.add(applied.number, application.changeMarks(applied));
      onBlock();
      logRefusals(applied, log);
      onCommitted?.(applied);
      room.notify(HEIGHT);
      for (const txId of applied.transactions.flatMap(({ txIds }) => txIds)) room.notify(toHex(txId));
    }
  };

  const follow = async (): Promise<void> => {
    let delayMs = reconnect.initialDelayMs;
    while (!stop.signal.aborted) {
      try {
        await followOnce(() => {
          failure = undefined;
          delayMs = reconnect.initialDelayMs;
        });
      } catch (error) {
        if (isStopped(stop.signal)) return;
        failure = withRole(error, 'ledger');
        logFailure(failure, log);
      }
      // Timer and abort race; an abort is how close() ends the pause.
      await setTimeout(delayMs, undefined, { signal: stop.signal }).catch(() => undefined);
      delayMs = Math.min(delayMs * 2, reconnect.maxDelayMs);
    }
  };

  const syncedResult = (txId: Uint8Array): TransactionResult | undefined => {
    const result = application.tables.result(txId);
    // The store shows a block's results a moment before it says that they are synced; they count from then on.
    return result === undefined || result.blockNumber >= application.head.height ? undefined : result;
  };

  const completeResult = (txId: Uint8Array): TransactionResult | undefined => {
    const result = syncedResult(txId);
    if (result === undefined) return undefined;
    return isComplete(txId, result) ? result : undefined;
  };

  return {
    state: application.tables,
    get head() {
      return application.head;
    },
    get failure() {
      return failure;
    },
    profile: () => application.profile,
    start: () => {
      running ??= follow();
    },
    waitForResult: (txId, timeoutMs, signal) => room.wait({ subject: toHex(txId), ready: () => completeResult(txId), timeoutMs, signal }),
    result: completeResult,
    commitOf: (txId) => {
      const result = syncedResult(txId);
      return result && { ...result, gated: result.code === ValidationCode.VALID ? application.tables.gatedCommit(txId) : undefined };
    },
    waitUntil: (txId, ready, timeoutMs, signal) => room.wait({ subject: toHex(txId), ready, timeoutMs, signal }),
    waitForHeight: async (height, timeoutMs, signal) =>
      (await room.wait({ subject: HEIGHT, ready: () => (application.head.height >= height ? true : undefined), timeoutMs, signal })) ?? false,
    setDigest: (set, height) => {
      const { height: newest } = application.head;
      if (height > newest || height + KEPT_SET_HEIGHTS <= newest) throw new SelvedgeError('SET_DIGEST_HEIGHT_UNKNOWN', `set digests are kept for the last ${String(KEPT_SET_HEIGHTS)} heights up to ${String(newest)}, not for ${String(height)}`);
      return application.tables.sets.digestAt(set, height);
    },
    changes: (from) => changeLog.since(from, application.head.height),
    notifyResult: (txId) => {
      room.notify(toHex(txId));
    },
    close: async () => {
      stop.abort();
      room.close();
      await running;
      await store.close();
    },
  };
}

// A function, because the compiler takes an aborted flag that was false once for false ever after.
function isStopped(signal: AbortSignal): boolean {
  return signal.aborted;
}

function logRefusals({ number, transactions }: AppliedSummary, log: LedgerLog | undefined): void {
  for (const { index, code, txIds, reason } of transactions) {
    if (reason === undefined) continue;
    log?.warn({ block: String(number), index, txId: txIds.map(toHex).join(), code: validationCodeName(code) }, `transaction is not valid: ${reason}`);
  }
}

function logFailure(failure: SelvedgeError, log: LedgerLog | undefined): void {
  const fields = { code: failure.code, action: failure.action };
  if (failure.code === 'UNAVAILABLE') log?.warn(fields, failure.message);
  else log?.error(fields, failure.message);
}
