import { SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { fabricCodeName } from '@selvedge/fabric';
import { ValidationCode, type CommitStatusAnswer } from '@selvedge/protocol';

/** The verdict on a transaction, as every declared owner gave it. */
export interface CommitStatus {
  /** Hexadecimal. */
  readonly transactionId: string;
  /** Fabric's TxValidationCode: one of ValidationCode, or on Fabric another of its numbers. */
  readonly code: number;
  readonly blockNumber: bigint;
  /** Whether the code is VALID: the writes are durable at every declared owner. */
  readonly successful: boolean;
}

/** One owner's answer about a transaction that it knows. */
export interface OwnerVerdict {
  readonly mspId: string;
  readonly answer: Pick<CommitStatusAnswer, 'code' | 'blockNumber'>;
}

/** Combines the answers of all declared owners. Throws LEDGER_CORRUPT, naming them, when they contradict each other. */
export function combineVerdicts(transactionId: string, verdicts: readonly OwnerVerdict[]): CommitStatus {
  const [first] = verdicts;
  if (first === undefined) throw new SelvedgeError('COMMIT_UNKNOWN', 'no business node was asked', { role: 'client', details: { txId: transactionId } });
  const { code, blockNumber } = first.answer;
  if (verdicts.some(({ answer }) => answer.code !== code || answer.blockNumber !== blockNumber)) {
    const list = verdicts.map(({ mspId, answer }) => `${mspId}: code ${String(answer.code)} in block ${String(answer.blockNumber)}`).join('; ');
    throw new SelvedgeError('LEDGER_CORRUPT', `business nodes disagree about a transaction: ${list}`, { role: 'client', details: { txId: transactionId } });
  }
  return { transactionId, code, blockNumber, successful: code === ValidationCode.VALID };
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

/** Number of the block whose verdict a refusal is, if it is one. */
export function blockOfVerdict({ details }: SelvedgeError): bigint | undefined {
  const block = String(details.blockNumber);
  return /^\d{1,20}$/.test(block) ? BigInt(block) : undefined;
}
