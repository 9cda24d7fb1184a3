import { create } from '@bufbuild/protobuf';
import { toHex } from '@selvedge/crypto';
import { CommitStatusAnswerSchema, requireLength, type CommitStatusAnswer, type CommitStatusRequest } from '@selvedge/protocol';
import type { BusinessCheckpoint, BusinessLedger } from './ports.js';

/** Longest wait of one call; the caller asks again. */
export const MAX_WAIT_MS = 60_000;
const NONE = new Uint8Array(0);

/**
 * Waits for a transaction's durable result. Throws MALFORMED_MESSAGE for a wrong id, and what the ledger's wait throws
 * (CANCELLED, OVERLOADED with too many waiting, DRAINING).
 */
export async function answerCommitStatus(
  request: CommitStatusRequest,
  ledger: Pick<BusinessLedger, 'state' | 'waitForResult'>,
  signal: AbortSignal,
  checkpoint: BusinessCheckpoint = () => undefined,
): Promise<CommitStatusAnswer> {
  requireLength('tx_id', request.txId, 32);
  const result = await ledger.waitForResult(request.txId, Math.min(request.waitMs, MAX_WAIT_MS), signal);
  const { height } = ledger.state;
  if (result === undefined) return create(CommitStatusAnswerSchema, { known: false, height });
  checkpoint('business.commit.before-ack', toHex(request.txId));
  return create(CommitStatusAnswerSchema, { known: true, code: result.code, blockNumber: result.blockNumber, coreDigest: result.coreDigest ?? NONE, height });
}
