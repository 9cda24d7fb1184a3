import { SelvedgeError } from '@selvedge/errors';
import { targetDigest, type EndorsedTransaction, type Receipt } from '@selvedge/protocol';
import { isPerhapsBehind, isWorthRepeat } from './domain/retry.js';
import { verifyReceipt } from './domain/staging.js';
import type { BusinessPort } from './ports.js';
import { repeatUntil } from './repeat.js';
import type { Session } from './session.js';

const ATTEMPT_TIMEOUT_MS = 10_000;

export interface StagingInput {
  /** Hexadecimal. */
  readonly txId: string;
  readonly transaction: EndorsedTransaction;
  readonly packets: readonly Uint8Array[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Hands one organisation's packets to its business node until it answers with a valid receipt.
 * Throws the node's refusal, UNAVAILABLE when no node of that organisation is known, or what verifyReceipt throws.
 */
export async function stageAt(session: Session, mspId: string, input: StagingInput): Promise<Receipt> {
  const view = await session.trust.view();
  const { network, channel, limits } = session;
  const digest = targetDigest(input.transaction.cores, input.transaction.itemMask);
  const startedAt = performance.now();
  const attempt = async (remainingMs: number): Promise<Receipt> => {
    const timeoutMs = Math.min(ATTEMPT_TIMEOUT_MS, remainingMs);
    const receipt = await businessNode(session, mspId).stage(input.transaction, input.packets, { timeoutMs, signal: input.signal, txId: input.txId });
    return verifyReceipt(receipt, { network, channel, targetDigest: digest, msps: view.profile.msps, mspId });
  };
  const isBehind = (code: SelvedgeError['code']): boolean => isPerhapsBehind(code) && performance.now() - startedAt < limits.staleGraceMs;
  return repeatUntil(attempt, { timeoutMs: limits.stageTimeoutMs, isWorthRepeat: (code) => isWorthRepeat(code) || isBehind(code), signal: session.closing });
}

/** The organisation's business node. Throws UNAVAILABLE when none is known. */
export function businessNode(session: Session, mspId: string): BusinessPort {
  const node = session.ports.businessNodes().find((port) => port.mspId === mspId);
  if (node === undefined) throw new SelvedgeError('UNAVAILABLE', `no business node of ${mspId} is known`, { role: 'client', details: { mspId } });
  return node;
}
