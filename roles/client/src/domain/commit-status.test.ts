import { create } from '@bufbuild/protobuf';
import { CommitStatusAnswerSchema, ValidationCode } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { combineVerdicts, verifySuccessful, type OwnerVerdict } from './commit-status.js';

const verdict = (mspId: string, code: ValidationCode, blockNumber = 4n): OwnerVerdict => ({ mspId, answer: create(CommitStatusAnswerSchema, { known: true, code, blockNumber, height: 9n }) });

describe('combineVerdicts', () => {
  it('gives the verdict on which all owners agree', () => {
    expect(combineVerdicts('ab', [verdict('A', ValidationCode.VALID), verdict('B', ValidationCode.VALID)])).toEqual({ transactionId: 'ab', code: ValidationCode.VALID, blockNumber: 4n, successful: true });
  });

  it('names owners that contradict each other', () => {
    const [valid, conflict] = [verdict('A', ValidationCode.VALID), verdict('B', ValidationCode.MVCC_READ_CONFLICT)];
    expect(() => combineVerdicts('ab', [valid, conflict])).toThrow(expect.objectContaining({ code: 'LEDGER_CORRUPT' }));
    expect(() => combineVerdicts('ab', [valid, verdict('B', ValidationCode.VALID, 5n)])).toThrow(expect.objectContaining({ code: 'LEDGER_CORRUPT' }));
    expect(() => combineVerdicts('ab', [])).toThrow(expect.objectContaining({ code: 'COMMIT_UNKNOWN' }));
  });
});

describe('verifySuccessful', () => {
  it.each([
    [ValidationCode.MVCC_READ_CONFLICT, 'MVCC_READ_CONFLICT'],
    [ValidationCode.PHANTOM_READ_CONFLICT, 'PHANTOM_READ_CONFLICT'],
    [ValidationCode.ENDORSEMENT_POLICY_FAILURE, 'ENDORSEMENT_POLICY_FAILURE'],
    [ValidationCode.DUPLICATE_TXID, 'DUPLICATE_TXID'],
    [ValidationCode.BAD_PAYLOAD, 'COMMIT_INVALID'],
  ])('turns validation code %s into %s', (code, expected) => {
    expect(() => { verifySuccessful(combineVerdicts('ab', [verdict('A', code)])); }).toThrow(expect.objectContaining({ code: expected, role: 'ledger' }));
  });

  it('says nothing when the transaction is valid', () => {
    expect(() => { verifySuccessful(combineVerdicts('ab', [verdict('A', ValidationCode.VALID)])); }).not.toThrow();
  });
});
