import { setTimeout } from 'node:timers/promises';
import { toHex } from '@selvedge/crypto';
import { withRole, type SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { BlockApplication } from './block-application.js';
import type { LedgerHead } from './domain/ledger-head.js';
import { validationCodeName } from './domain/verdict.js';
import type { AppliedBlock, ApplyHook, BlockSource, Checkpoint, LedgerLog, StateReader, TransactionResult } from './ports.js';
import type { LedgerStore } from './store.js';
import { WaitingRoom } from './waiting-room.js';

export interface FollowerOptions {
  /** From openLedgerStore; the follower closes it. */
  readonly store: LedgerStore;
  /** Trust anchor: block 0 must set exactly this profile. */
  readonly profile: Profile;
  readonly blocks: BlockSource;
  /** Prefix of the checkpoint names: endorser, business. */
  readonly role: string;
  readonly checkpoint?: Checkpoint | undefined;
  readonly log?: LedgerLog | undefined;
  readonly onApply?: ApplyHook | undefined;
  /** After the block is synced and visible, before those who wait for its results are answered. */
  readonly onCommitted?: ((block: AppliedBlock) => void) | undefined;
  /** Delays between attempts to reach the sequencer; default 50, doubling up to 1,000. */
  readonly reconnect?: { readonly initialDelayMs: number; readonly maxDelayMs: number } | undefined;
  /** Calls that wait at once; default 20,000. */
  readonly maxWaiting?: number | undefined;
}

/** Follows the sequencer's log: verifies, judges and stores each block. */
export interface Follower {
  readonly state: StateReader;
  /** Last synced block and the facts at it. */
  readonly head: LedgerHead;
  /** Current profile: the newest on the ledger, the trust anchor before block 0. */
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
  /** Whether this height is synced here within the time. Throws as waitForResult. */
  waitForHeight(height: bigint, timeoutMs: number, signal?: AbortSignal): Promise<boolean>;
  /** Stops following, ends what waits and closes the store. */
  close(): Promise<void>;
}

const HEIGHT = 'height';

/** Opens a follower; nothing is fetched before start(). Throws PROFILE_MISMATCH when the store was begun under another trust anchor, LEDGER_CORRUPT. */
export function openFollower(options: FollowerOptions): Follower {
  const { store, blocks, log, onCommitted, reconnect = { initialDelayMs: 50, maxDelayMs: 1_000 } } = options;
  const application = new BlockApplication({ ...options, anchor: options.profile });
  const room = new WaitingRoom(options.maxWaiting ?? 20_000);
  const stop = new AbortController();
  let failure: SelvedgeError | undefined;
  let running: Promise<void> | undefined;

  const followOnce = async (onBlock: () => void): Promise<void> => {
    for await (const block of blocks(application.head.height, stop.signal)) {
      if (stop.signal.aborted) return;
      const applied = await application.apply(block);
      onBlock();
      logRefusals(applied, log);
      onCommitted?.(applied);
      room.notify(HEIGHT);
      for (const { txId } of applied.transactions) if (txId !== undefined) room.notify(toHex(txId));
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
    waitForResult: (txId, timeoutMs, signal) => room.wait({ subject: toHex(txId), ready: () => application.tables.result(txId), timeoutMs, signal }),
    waitForHeight: async (height, timeoutMs, signal) =>
      (await room.wait({ subject: HEIGHT, ready: () => (application.head.height >= height ? true : undefined), timeoutMs, signal })) ?? false,
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

function logRefusals({ number, transactions }: AppliedBlock, log: LedgerLog | undefined): void {
  for (const { index, code, txId, reason } of transactions) {
    if (reason === undefined) continue;
    log?.warn({ block: String(number), index, txId: txId && toHex(txId), code: validationCodeName(code) }, `transaction is not valid: ${reason}`);
  }
}

function logFailure(failure: SelvedgeError, log: LedgerLog | undefined): void {
  const fields = { code: failure.code, action: failure.action };
  if (failure.code === 'UNAVAILABLE') log?.warn(fields, failure.message);
  else log?.error(fields, failure.message);
}
