import { toHex } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { combineVerdicts, type CommitStatus, type OwnerVerdict } from './domain/commit-status.js';
import { isWorthRepeat } from './domain/retry.js';
import type { BusinessPort, CallBounds } from './ports.js';
import { repeatUntil } from './repeat.js';
import type { Session } from './session.js';
import { businessNode } from './staging.js';

export type { CommitStatus } from './domain/commit-status.js';

/** How long a business node may hold one question. */
const WAIT_MS = 5_000;
/** What the answer's way back may take beyond that. */
const MARGIN_MS = 3_000;
const GLANCE_MS = 1_000;

/** A transaction that was handed to ordering. */
export interface Commit {
  /** Hexadecimal. */
  getTransactionId(): string;
  /** Waits until every declared owner has the transaction's verdict on disk. Throws COMMIT_UNKNOWN when the time is over. */
  getStatus(): Promise<CommitStatus>;
}

export interface CommitInput {
  readonly txId: Uint8Array;
  /** MSP ids of the declared owners; empty when nothing was written: then any business node is asked. */
  readonly owners: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** The stage after ordering. @param txId hexadecimal */
export function createCommit(txId: string, ask: () => Promise<CommitStatus>): Commit {
  let status: Promise<CommitStatus> | undefined;
  return {
    getTransactionId: () => txId,
    getStatus() {
      // Asked once; a question that failed is asked again.
      if (status === undefined) {
        status = ask();
        status.catch(() => {
          status = undefined;
        });
      }
      return status;
    },
  };
}

/** Waits for the verdict of every declared owner. Throws COMMIT_UNKNOWN when the time is over, LEDGER_CORRUPT when they contradict each other. */
export async function awaitOwners(session: Session, input: CommitInput): Promise<CommitStatus> {
  const verdicts = await Promise.all(nodesToAsk(session, input.owners).map((node) => awaitVerdict(session, node, input)));
  return combineVerdicts(toHex(input.txId), verdicts);
}

/** Whether some owner already knows the transaction. Does not wait and does not throw. */
export async function isOrdered(session: Session, txId: Uint8Array, owners: readonly string[]): Promise<boolean> {
  const bounds = { timeoutMs: GLANCE_MS, txId: toHex(txId) };
  const answers = await Promise.allSettled(nodesToAsk(session, owners).map((node) => node().commitStatus(txId, 0, bounds)));
  return answers.some((answer) => answer.status === 'fulfilled' && answer.value.known);
}

/** The business nodes of these owners; without owners, any one. */
export function nodesToAsk(session: Session, owners: readonly string[]): (() => BusinessPort)[] {
  const anyNode = session.ports.businessNodes().slice(0, 1).map(({ mspId }) => mspId);
  return (owners.length > 0 ? owners : anyNode).map((mspId) => () => businessNode(session, mspId));
}

async function awaitVerdict(session: Session, node: () => BusinessPort, input: CommitInput): Promise<OwnerVerdict> {
  const txId = toHex(input.txId);
  return askOwner(session, node, { txId, signal: input.signal }, async (asked, waitMs, bounds) => {
    const { mspId } = asked;
    const answer = await asked.commitStatus(input.txId, waitMs, bounds);
    if (!answer.known) throw new SelvedgeError('COMMIT_UNKNOWN', `${mspId} does not know transaction ${txId} yet`, { role: 'client', details: { txId, mspId } });
    return { mspId, answer };
  });
}

/**
 * Asks an owner until it answers, COMMIT_UNKNOWN being no answer, or the time is over: then throws COMMIT_UNKNOWN.
 * @param asked txId names what is asked about: hexadecimal, of a batch all of them with commas between
 */
export async function askOwner<T>(
  session: Session,
  node: () => BusinessPort,
  { txId, signal }: { readonly txId: string; readonly signal: AbortSignal | undefined },
  ask: (node: BusinessPort, waitMs: number, bounds: CallBounds) => Promise<T>,
): Promise<T> {
  const attempt = async (remainingMs: number): Promise<T> => {
    const waitMs = Math.max(1, Math.floor(Math.min(WAIT_MS, remainingMs)));
    return ask(node(), waitMs, { timeoutMs: waitMs + MARGIN_MS, signal, txId });
  };
  try {
    return await repeatUntil(attempt, {
      timeoutMs: session.limits.commitStatusTimeoutMs,
      isWorthRepeat: (code) => code === 'COMMIT_UNKNOWN' || isWorthRepeat(code),
      signal: session.closing,
    });
  } catch (error) {
    if (!isSelvedgeError(error) || !isWorthRepeat(error.code)) throw error;
    throw new SelvedgeError('COMMIT_UNKNOWN', `no owner's verdict on transaction ${txId}: ${error.message}`, { role: 'client', details: { txId }, cause: error });
  }
}
