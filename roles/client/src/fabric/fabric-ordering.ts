import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import type { EndorsedFabricTransaction, FabricGateway } from '@selvedge/fabric-network/gateway';
import { isOrdered } from '../commit.js';
import { isWorthRepeat } from '../domain/retry.js';
import { repeatUntil } from '../repeat.js';
import type { Session } from '../session.js';

const ATTEMPT_TIMEOUT_MS = 5_000;
const GLANCE_MS = 1_000;

export interface FabricOutcome {
  readonly txId: Uint8Array;
  /** The same, hexadecimal: Fabric's transaction id. */
  readonly transactionId: string;
  /** MSP ids of the declared owners. */
  readonly owners: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Hands the transaction to Fabric's ordering. A lost answer is no failure: the same bytes are sent again, and Fabric
 * takes a transaction id once. Throws COMMIT_UNKNOWN when nobody can tell whether it was ordered.
 */
export async function submitToFabric(session: Session, fabric: FabricGateway, transaction: EndorsedFabricTransaction, outcome: FabricOutcome): Promise<void> {
  const lost = { answer: false };
  const attempt = async (remainingMs: number): Promise<void> => {
    try {
      await fabric.submit(transaction, { timeoutMs: Math.min(ATTEMPT_TIMEOUT_MS, remainingMs), signal: outcome.signal });
    } catch (error) {
      if (isSelvedgeError(error) && (error.code === 'UNAVAILABLE' || error.code === 'TIMEOUT')) lost.answer = true;
      if (lost.answer && (await isKnown(session, fabric, outcome))) return;
      throw error;
    }
  };
  try {
    await repeatUntil(attempt, { timeoutMs: session.limits.submitTimeoutMs, isWorthRepeat, signal: session.closing });
  } catch (error) {
    if (!lost.answer) throw error;
    const { transactionId } = outcome;
    const text = `the answer of Fabric’s ordering was lost; ask for the commit status of ${transactionId}`;
    throw new SelvedgeError('COMMIT_UNKNOWN', text, { role: 'client', details: { txId: transactionId }, cause: error });
  }
}

/** Whether an owner or a gateway peer has seen it in a block. */
async function isKnown(session: Session, fabric: FabricGateway, { txId, transactionId, owners }: FabricOutcome): Promise<boolean> {
  const inBlock = fabric.commitStatus(transactionId, { timeoutMs: GLANCE_MS }).then(
    () => true,
    () => false,
  );
  const [byOwner, byPeer] = await Promise.all([isOrdered(session, txId, owners), inBlock]);
  return byOwner || byPeer;
}
