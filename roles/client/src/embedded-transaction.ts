import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { fabricCodeName } from '@selvedge/fabric';
import type { CommitStatusAnswer } from '@selvedge/protocol';
import { transactionsOfBlock } from './domain/block-events.js';
import type { LedgerTransaction } from './ledger-lane.js';
import type { Session } from './session.js';

const TIMEOUT_MS = 10_000;

/** A transaction of the embedded ledger: the verdict from a business node, the own organisation's where it has one, the block from the sequencer. */
export async function findTransaction(session: Session, txId: Uint8Array, signal: AbortSignal): Promise<LedgerTransaction> {
  const transactionId = toHex(txId);
  const { blockNumber, code } = await verdictOf(session, txId, signal);
  const reading = new AbortController();
  try {
    for await (const block of session.ports.sequencer().deliver(blockNumber, AbortSignal.any([signal, reading.signal]))) {
      const found = transactionsOfBlock(block).find(({ core }) => equalBytes(core.txId, txId));
      if (found === undefined) break;
      return { status: { transactionId, code, blockNumber, successful: fabricCodeName(code) === 'VALID' }, core: found.core, sealedEvents: found.sealedEvents };
    }
  } finally {
    reading.abort();
  }
  throw new SelvedgeError('MALFORMED_MESSAGE', `transaction ${transactionId} is not a contract’s, or not in block ${String(blockNumber)}`, { role: 'client' });
}

async function verdictOf({ ports, signer }: Session, txId: Uint8Array, signal: AbortSignal): Promise<CommitStatusAnswer> {
  const all = ports.businessNodes();
  const node = all.find(({ mspId }) => mspId === signer.mspId) ?? all[0];
  const answer = await node?.commitStatus(txId, 0, { timeoutMs: TIMEOUT_MS, signal });
  if (answer?.known !== true) throw new SelvedgeError('COMMIT_UNKNOWN', `transaction ${toHex(txId)} is in no block, as far as ${node?.mspId ?? 'nobody'} has come`, { role: 'client' });
  return answer;
}
