import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { refusalCode } from '@selvedge/fixtures';
import { BatchCommitStatusAnswerSchema, ValidationCode } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { combineItemVerdicts, readBatchAnswer, type OwnerItems } from './item-verdicts.js';

const [A, B] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const { VALID, ENDORSEMENT_POLICY_FAILURE, MVCC_READ_CONFLICT } = ValidationCode;
const CARRIER = { txId: A, code: ENDORSEMENT_POLICY_FAILURE, blockNumber: 7n };
const item = (txId: Uint8Array, code?: ValidationCode, blockNumber = 4n) => (code === undefined ? { txId, known: false } : { txId, known: true, code, blockNumber });
const read = (answer: MessageInitShape<typeof BatchCommitStatusAnswerSchema>, mspId = 'A'): OwnerItems => readBatchAnswer([A, B], mspId, create(BatchCommitStatusAnswerSchema, answer));
const combined = (i: 0 | 1, ...owners: OwnerItems[]) => combineItemVerdicts([A, B][i]!, owners.map((items) => items[i]));

describe('an owner’s answer about a batch', () => {
  it('is each item’s own verdict, or its carrier’s, or none', () => {
    expect(read({ items: [item(A, VALID), item(B)] })).toMatchObject([{ mspId: 'A', isOwn: true, answer: { code: VALID } }, undefined]);
    expect(read({ items: [item(A, VALID), item(B)], carrier: CARRIER })).toMatchObject([{ isOwn: true, answer: { code: VALID } }, { isOwn: false, answer: { code: ENDORSEMENT_POLICY_FAILURE, blockNumber: 7n } }]);
  });

  it.each<[string, MessageInitShape<typeof BatchCommitStatusAnswerSchema>]>([
    ['an item less', { items: [item(A, VALID)] }],
    ['an item more', { items: [item(A, VALID), item(B, VALID), item(B, VALID)] }],
    ['items in another order', { items: [item(B, VALID), item(A, VALID)] }],
    ['one item’s verdict twice', { items: [item(A, VALID), item(A, VALID)] }],
    ['an item without an id', { items: [item(A, VALID), { known: true, code: VALID }] }],
    ['the refusal of another transaction', { items: [item(A), item(B)], carrier: { ...CARRIER, txId: B } }],
    ['a refusal that is none', { items: [item(A), item(B)], carrier: { ...CARRIER, code: VALID } }],
    ['nothing', {}],
  ])('is refused with %s', (_, answer) => {
    expect(refusalCode(() => read(answer))).toBe('MALFORMED_MESSAGE');
  });
});

describe('combineItemVerdicts', () => {
  it('gives each item what all owners say of it', () => {
    const owners = ['A', 'B'].map((mspId) => read({ items: [item(A, VALID), item(B, MVCC_READ_CONFLICT, 5n)] }, mspId));
    expect(combined(0, ...owners)).toEqual({ isOwn: true, status: { transactionId: '01'.repeat(32), code: VALID, blockNumber: 4n, successful: true } });
    expect(combined(1, ...owners)).toEqual({ isOwn: true, status: { transactionId: '02'.repeat(32), code: MVCC_READ_CONFLICT, blockNumber: 5n, successful: false } });
  });

  it('tells the carrier’s refusal from a verdict of the item’s own', () => {
    const owners = ['A', 'B'].map((mspId) => read({ items: [item(A), item(B, VALID)], carrier: CARRIER }, mspId));
    expect(combined(0, ...owners)).toMatchObject({ isOwn: false, status: { transactionId: '01'.repeat(32), code: ENDORSEMENT_POLICY_FAILURE, blockNumber: 7n, successful: false } });
    expect(combined(1, ...owners)).toMatchObject({ isOwn: true, status: { code: VALID } });
  });

  it('knows nothing while an owner does not, or knows of the carrier only what another knows of the item', () => {
    const [known, unknown, refused] = [read({ items: [item(A, VALID), item(B)] }), read({ items: [item(A), item(B)] }, 'B'), read({ items: [item(A), item(B)], carrier: CARRIER }, 'B')];
    for (const other of [unknown, refused]) for (const owners of [[known, other], [other, known]]) expect(refusalCode(() => combined(0, ...owners))).toBe('COMMIT_UNKNOWN');
    expect(refusalCode(() => combined(0))).toBe('COMMIT_UNKNOWN');
  });

  it('names owners that contradict each other', () => {
    const [valid, conflict] = [read({ items: [item(A, VALID), item(B)] }), read({ items: [item(A, MVCC_READ_CONFLICT), item(B)] }, 'B')];
    expect(refusalCode(() => combined(0, valid, conflict))).toBe('LEDGER_CORRUPT');
  });
});
