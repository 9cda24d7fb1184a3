import { create } from '@bufbuild/protobuf';
import { createTestState, refusalCodeOf } from '@selvedge/fixtures';
import { CommitStatusRequestSchema, ValidationCode } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { answerCommitStatus, MAX_WAIT_MS } from './commit-status.js';

const TX_ID = new Uint8Array(32).fill(6);
const never = new AbortController().signal;

describe('commit status', () => {
  it('answers the durable result, after its checkpoint', async () => {
    const passed: string[] = [];
    const ledger = { state: createTestState(), waitForResult: () => Promise.resolve({ code: ValidationCode.MVCC_READ_CONFLICT, blockNumber: 3n }) };
    const answer = await answerCommitStatus(create(CommitStatusRequestSchema, { txId: TX_ID }), ledger, never, (name, subject) => passed.push(`${name} ${subject}`));
    expect(answer).toMatchObject({ known: true, code: ValidationCode.MVCC_READ_CONFLICT, blockNumber: 3n, height: 1n });
    expect(passed).toEqual([`business.commit.before-ack ${'06'.repeat(32)}`]);
  });

  it('says which core was committed', async () => {
    const coreDigest = new Uint8Array(32).fill(9);
    const ledger = { state: createTestState(), waitForResult: () => Promise.resolve({ code: ValidationCode.VALID, blockNumber: 3n, coreDigest }) };
    expect((await answerCommitStatus(create(CommitStatusRequestSchema, { txId: TX_ID }), ledger, never)).coreDigest).toEqual(coreDigest);
  });

  it('says when it is not known yet', async () => {
    const ledger = { state: createTestState(), waitForResult: () => Promise.resolve(undefined) };
    expect(await answerCommitStatus(create(CommitStatusRequestSchema, { txId: TX_ID }), ledger, never)).toMatchObject({ known: false, height: 1n });
  });

  it('waits as long as asked, within its limit', async () => {
    const waits: number[] = [];
    const ledger = {
      state: createTestState(),
      waitForResult: (_txId: Uint8Array, timeoutMs: number) => {
        waits.push(timeoutMs);
        return Promise.resolve(undefined);
      },
    };
    for (const waitMs of [0, 250, 10_000_000]) await answerCommitStatus(create(CommitStatusRequestSchema, { txId: TX_ID, waitMs }), ledger, never);
    expect(waits).toEqual([0, 250, MAX_WAIT_MS]);
  });

  it('refuses an id of another length', async () => {
    const ledger = { state: createTestState(), waitForResult: () => Promise.resolve(undefined) };
    expect(await refusalCodeOf(answerCommitStatus(create(CommitStatusRequestSchema, { txId: TX_ID.subarray(1) }), ledger, never))).toBe('MALFORMED_MESSAGE');
  });
});
