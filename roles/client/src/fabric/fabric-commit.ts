import { setTimeout as sleep } from 'node:timers/promises';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { fabricCodeName } from '@selvedge/fabric';
import type { EndorsedFabricTransaction, FabricGateway, FabricStatus } from '@selvedge/fabric-network/gateway';
import type { CommitStatus } from '../domain/commit-status.js';
import { isWorthRepeat } from '../domain/retry.js';
import { repeatUntil } from '../repeat.js';
import type { Session } from '../session.js';
import type { FabricOutcome } from './fabric-ordering.js';

/** Owners answer first as a rule; a peer is asked when they take longer than this. */
const ASK_PEER_AFTER_MS = 1_000;
const VALID = 0;

/** What is waited for, and how its owners are asked. */
export interface FabricQuestion<T> {
  readonly transaction: EndorsedFabricTransaction;
  readonly outcome: FabricOutcome;
  /** Waits for every declared owner. */
  readonly askOwners: (signal: AbortSignal) => Promise<T>;
  /** What a peer's word comes to that the transaction is invalid. */
  readonly refuse: (status: CommitStatus) => T;
}

/**
 * Waits for the verdict of every declared owner, which knows Fabric's and translates it (a replayed transaction id, a
 * phantom). A gateway peer's word bounds the wait: what it found invalid will never be durable anywhere, so its own code
 * counts when the owners say nothing. An orderer that dies loses what it has taken and not yet written, so what is in no
 * block after a while is sent again.
 * Throws COMMIT_UNKNOWN when the time is over, LEDGER_CORRUPT when owners contradict each other.
 */
export async function awaitFabricVerdict<T>(session: Session, fabric: FabricGateway, { transaction, outcome, askOwners, refuse }: FabricQuestion<T>): Promise<T> {
  const done = new AbortController();
  const signal = AbortSignal.any([done.signal, session.closing, ...(outcome.signal === undefined ? [] : [outcome.signal])]);
  const peer: { status?: FabricStatus } = {};
  const askPeer = async (): Promise<T> => {
    await sleep(ASK_PEER_AFTER_MS, undefined, { signal });
    const { transactionId } = outcome;
    const ask = (remainingMs: number): Promise<FabricStatus> => fabric.commitStatus(transactionId, { timeoutMs: remainingMs, signal });
    const { code, blockNumber } = (peer.status = await repeatUntil(ask, { timeoutMs: session.limits.commitStatusTimeoutMs, isWorthRepeat, signal }));
    if (code === VALID) throw new SelvedgeError('COMMIT_UNKNOWN', 'the owners have the last word on a valid transaction', { role: 'client' });
    await sleep(session.limits.ownersGraceMs, undefined, { signal });
    return refuse({ transactionId, code, blockNumber, successful: false });
  };
  const sendAgain = async (): Promise<void> => {
    const { resubmitAfterMs } = session.limits;
    for (;;) {
      await sleep(resubmitAfterMs, undefined, { signal });
      if (peer.status !== undefined) return;
      // Equal bytes: should both copies come into blocks, the first one's verdict stands.
      await fabric.submit(transaction, { timeoutMs: resubmitAfterMs, signal }).catch(() => undefined);
    }
  };
  // Ends with the wait.
  sendAgain().catch(() => undefined);
  const owners = askOwners(signal);
  try {
    // An owner's refusal ends the wait as well as its verdict; a peer that cannot tell ends nothing.
    return await Promise.race([owners, askPeer().catch(() => owners)]);
  } catch (error) {
    if (!isSelvedgeError(error, 'COMMIT_UNKNOWN') || peer.status === undefined) throw error;
    const { code, blockNumber } = peer.status;
    const text = `${error.message}; Fabric found it ${fabricCodeName(code)} in block ${String(blockNumber)}`;
    throw new SelvedgeError('COMMIT_UNKNOWN', text, { role: 'client', details: { ...error.details, blockNumber: String(blockNumber) }, cause: error });
  } finally {
    done.abort();
  }
}
