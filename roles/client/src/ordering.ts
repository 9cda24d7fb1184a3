import { toHex } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { isWorthRepeat } from './domain/retry.js';
import { repeatUntil } from './repeat.js';
import type { Session } from './session.js';
import { isOrdered } from './commit.js';

const ATTEMPT_TIMEOUT_MS = 5_000;

export interface OrderingInput {
  readonly txId: Uint8Array;
  readonly owners: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Has the transaction ordered. A lost answer is no failure: the same bytes are sent again, and a duplicate in a later
 * block does not change the first one's result. Throws COMMIT_UNKNOWN when nobody can tell whether it was ordered.
 */
export async function orderTransaction(session: Session, transaction: Uint8Array, input: OrderingInput): Promise<void> {
  const txId = toHex(input.txId);
  const lost = { answer: false };
  const attempt = async (remainingMs: number): Promise<void> => {
    try {
      await session.ports.sequencer().submit(transaction, { timeoutMs: Math.min(ATTEMPT_TIMEOUT_MS, remainingMs), signal: input.signal, txId });
    } catch (error) {
      if (isSelvedgeError(error) && (error.code === 'UNAVAILABLE' || error.code === 'TIMEOUT')) lost.answer = true;
      if (lost.answer && (await isOrdered(session, input.txId, input.owners))) return;
      throw error;
    }
  };
  try {
    await repeatUntil(attempt, { timeoutMs: session.limits.submitTimeoutMs, isWorthRepeat, signal: session.closing });
  } catch (error) {
    if (!lost.answer) throw error;
    const text = `the sequencer's answer was lost; ask for the commit status of ${txId}`;
    throw new SelvedgeError('COMMIT_UNKNOWN', text, { role: 'client', details: { txId }, cause: error });
  }
}
