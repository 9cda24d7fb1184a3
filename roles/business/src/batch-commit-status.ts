import { create } from '@bufbuild/protobuf';
import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { BatchCommitStatusAnswerSchema, LIMITS, requireAtMost, requireLength, type BatchCommitStatusAnswer, type BatchCommitStatusRequest } from '@selvedge/protocol';
import { MAX_WAIT_MS } from './commit-status.js';
import type { BusinessCheckpoint, BusinessLedger, CarrierRefusals } from './ports.js';

const NONE = new Uint8Array(0);

/** What a question about a batch is answered from. */
export interface BatchStatusSource {
  readonly follower: Pick<BusinessLedger, 'state' | 'result' | 'waitUntil'>;
  readonly carrierRefusal: CarrierRefusals;
}

/**
 * Waits until each item of a batch has its durable result, or what carried them was refused as a whole. Throws
 * LIMIT_EXCEEDED or MALFORMED_MESSAGE for wrong ids, and what the ledger's wait throws.
 */
export async function answerBatchCommitStatus(
  request: BatchCommitStatusRequest,
  { follower, carrierRefusal }: BatchStatusSource,
  signal: AbortSignal,
  checkpoint: BusinessCheckpoint = () => undefined,
): Promise<BatchCommitStatusAnswer> {
  const { txIds } = request;
  const carrier = verifyIds(request);
  const deadline = performance.now() + Math.min(request.waitMs, MAX_WAIT_MS);
  // One waits at a time: they end in one block as a rule, and a question takes one place in the waiting room.
  for (const txId of txIds) {
    const refused = carrierRefusal(carrier);
    if (refused !== undefined) break;
    await follower.waitUntil(txId, () => follower.result(txId) ?? carrierRefusal(carrier), Math.max(0, deadline - performance.now()), signal);
  }
  // From here on of one height.
  const results = txIds.map((txId) => ({ txId, result: follower.result(txId) }));
  const refusal = carrierRefusal(carrier);
  const known = results.filter(({ result }) => result !== undefined);
  if (known.length > 0) checkpoint('business.commit.before-ack', known.map(({ txId }) => toHex(txId)).join());
  return create(BatchCommitStatusAnswerSchema, {
    items: results.map(({ txId, result }) => (result === undefined ? { txId, known: false } : { txId, known: true, code: result.code, blockNumber: result.blockNumber, coreDigest: result.coreDigest ?? NONE })),
    height: follower.state.height,
    ...(refusal !== undefined && { carrier: { txId: carrier, code: refusal.code, blockNumber: refusal.blockNumber } }),
  });
}

/** Returns the carrier's id. */
function verifyIds({ txIds, carrierTxId }: BatchCommitStatusRequest): Uint8Array {
  requireAtMost('transaction ids', txIds.length, LIMITS.maxBatchItems);
  for (const txId of txIds) requireLength('tx_id', txId, 32);
  const [first] = txIds;
  if (first === undefined || new Set(txIds.map(toHex)).size < txIds.length) throw new SelvedgeError('MALFORMED_MESSAGE', 'tx_ids names none, or one twice');
  if (carrierTxId.length === 0) return first;
  requireLength('carrier_tx_id', carrierTxId, 32);
  return carrierTxId;
}
