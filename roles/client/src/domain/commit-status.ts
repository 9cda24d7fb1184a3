import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { fabricCodeName } from '@selvedge/fabric';
import { coreDigest, ValidationCode, type CommitStatusAnswer } from '@selvedge/protocol';

const NONE = new Uint8Array(0);

/** The verdict on a transaction, as every declared owner gave it. */
export interface CommitStatus {
  /** Hexadecimal. */
  readonly transactionId: string;
  /** Fabric's TxValidationCode: one of ValidationCode, or on Fabric another of its numbers. */
  readonly code: number;
  readonly blockNumber: bigint;
  /** Whether the code is VALID: the writes are durable at every declared owner. */
  readonly successful: boolean;
  /** Of a valid one, coreDigest of what was committed, 32 bytes; undefined: the owners, or the peer that tells this, do not say. */
  readonly coreDigest?: Uint8Array | undefined;
}

/** One owner's answer about a transaction that it knows. */
export interface OwnerVerdict {
  readonly mspId: string;
  readonly answer: Pick<CommitStatusAnswer, 'code' | 'blockNumber'> & Partial<Pick<CommitStatusAnswer, 'coreDigest'>>;
}

/** Combines the answers of all declared owners. Throws LEDGER_CORRUPT, naming them, when they contradict each other. */
export function combineVerdicts(transactionId: string, verdicts: readonly OwnerVerdict[]): CommitStatus {
  const [first] = verdicts;
  if (first === undefined) throw new SelvedgeError('COMMIT_UNKNOWN', 'no business node was asked', { role: 'client', details: { txId: transactionId } });
  const { code, blockNumber, coreDigest = NONE } = first.answer;
  if (verdicts.some(({ answer }) => answer.code !== code || answer.blockNumber !== blockNumber || !equalBytes(answer.coreDigest ?? NONE, coreDigest))) {
    const list = verdicts.map(({ mspId, answer }) => `${mspId}: code ${String(answer.code)} in block ${String(answer.blockNumber)}`).join('; ');
    throw new SelvedgeError('LEDGER_CORRUPT', `business nodes disagree about a transaction: ${list}`, { role: 'client', details: { txId: transactionId } });
  }
  return { transactionId, code, blockNumber, successful: code === ValidationCode.VALID, ...(coreDigest.length === 0 ? {} : { coreDigest }) };
}

const REFUSAL_BY_CODE: Readonly<Record<number, RefusalCode>> = {
  [ValidationCode.MVCC_READ_CONFLICT]: 'MVCC_READ_CONFLICT',
  [ValidationCode.PHANTOM_READ_CONFLICT]: 'PHANTOM_READ_CONFLICT',
  [ValidationCode.ENDORSEMENT_POLICY_FAILURE]: 'ENDORSEMENT_POLICY_FAILURE',
  [ValidationCode.DUPLICATE_TXID]: 'DUPLICATE_TXID',
};

/** Throws unless the transaction is valid: the code that Fabric's validation code stands for, COMMIT_INVALID for the rest. */
export function verifySuccessful(status: CommitStatus): void {
  if (status.successful) return;
  const details = { txId: status.transactionId, validationCode: status.code, blockNumber: String(status.blockNumber) };
  const text = `transaction ${status.transactionId} was ordered in block ${String(status.blockNumber)} and found invalid: ${fabricCodeName(status.code)}`;
  throw new SelvedgeError(REFUSAL_BY_CODE[status.code] ?? 'COMMIT_INVALID', text, { role: 'ledger', details });
}

/**
 * Throws DUPLICATE_TXID where what was committed under the transaction's id is another execution of the same request: whoever
 * holds a sealed request can have it executed again, and what the caller has in hand is then not what stands. Throws COMMIT_UNKNOWN
 * where that cannot be told, though it must be.
 * @param core Core bytes that the caller's result is of
 */
export function verifyCommittedCore({ successful, transactionId, coreDigest: committed }: CommitStatus, core: Uint8Array, { mustBeTold = false }: { readonly mustBeTold?: boolean } = {}): void {
  if (!successful) return;
  const details = { txId: transactionId };
  if (committed === undefined) {
    if (mustBeTold) throw new SelvedgeError('COMMIT_UNKNOWN', `the owners do not say what was committed as transaction ${transactionId}`, { role: 'client', details });
    return;
  }
  if (!equalBytes(committed, coreDigest(core))) throw new SelvedgeError('DUPLICATE_TXID', `another execution of the request was committed as transaction ${transactionId}`, { role: 'client', details });
}

/** Number of the block whose verdict a refusal is, if it is one. */
export function blockOfVerdict({ details }: SelvedgeError): bigint | undefined {
  const block = String(details.blockNumber);
  return /^\d{1,20}$/.test(block) ? BigInt(block) : undefined;
}
