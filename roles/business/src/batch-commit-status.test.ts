import { create } from '@bufbuild/protobuf';
import type { TransactionResult } from '@selvedge/embedded-ledger';
import { createTestState, refusalCodeOf } from '@selvedge/fixtures';
import { BatchCommitStatusRequestSchema, LIMITS, ValidationCode, type BatchCommitStatusAnswer } from '@selvedge/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { answerBatchCommitStatus } from './batch-commit-status.js';
import { MAX_WAIT_MS } from './commit-status.js';

const id = (n: number): Uint8Array => new Uint8Array(32).fill(n, 0, 16).fill(n >> 8, 16);
const never = new AbortController().signal;
const valid = (blockNumber: bigint): TransactionResult => ({ code: ValidationCode.VALID, blockNumber });

/** By the first byte of the id. */
let results: Map<number, TransactionResult>;
let refusals: Map<number, TransactionResult>;
/** First byte of the id that was waited for, and for how long. */
let waits: [number, number][];
/** Happens while one waits. */
let meanwhile: () => void;
let passed: string[];
beforeEach(() => {
  results = new Map();
  refusals = new Map();
  waits = [];
  meanwhile = () => undefined;
  passed = [];
});

const ask = (txIds: readonly Uint8Array[], waitMs = 10_000, carrierTxId: Uint8Array = new Uint8Array(0)): Promise<BatchCommitStatusAnswer> => {
  const at = (found: ReadonlyMap<number, TransactionResult>) => (txId: Uint8Array) => found.get(txId[0] ?? 0);
  const follower = {
    state: createTestState(),
    result: at(results),
    waitUntil: <T>(txId: Uint8Array, ready: () => T | undefined, timeoutMs: number) => {
      const now = ready();
      if (now !== undefined) return Promise.resolve(now);
      waits.push([txId[0] ?? 0, timeoutMs]);
      meanwhile();
      return Promise.resolve(ready());
    },
  };
  return answerBatchCommitStatus(create(BatchCommitStatusRequestSchema, { txIds: [...txIds], waitMs, carrierTxId }), { follower, carrierRefusal: at(refusals) }, never, (name, subject) => passed.push(`${name} ${subject}`));
};

describe('the commit status of a batch', () => {
  it('is every item’s own, in the order of the question and under the item’s id, after its checkpoint', async () => {
    results.set(1, valid(3n)).set(2, { code: ValidationCode.DUPLICATE_TXID, blockNumber: 4n });
    const answer = await ask([id(2), id(1)]);
    expect(answer.items).toMatchObject([
      { txId: id(2), known: true, code: ValidationCode.DUPLICATE_TXID, blockNumber: 4n },
      { txId: id(1), known: true, code: ValidationCode.VALID, blockNumber: 3n },
    ]);
    expect([answer.carrier, answer.height, waits]).toEqual([undefined, 1n, []]);
    expect(passed).toEqual([`business.commit.before-ack ${[id(2), id(1)].map((txId) => Buffer.from(txId).toString('hex')).join()}`]);
  });

  it('waits for one after the other within the time that was asked for, and says which are not known', async () => {
    meanwhile = () => results.set(1, valid(3n));
    const answer = await ask([id(1), id(2)], 10_000_000);
    expect(answer.items.map(({ known }) => known)).toEqual([true, false]);
    expect(waits.map(([item]) => item)).toEqual([1, 2]);
    expect(waits.every(([, ms]) => ms > MAX_WAIT_MS / 2 && ms <= MAX_WAIT_MS)).toBe(true);
    expect((await ask([id(3)], 0)).items[0]?.known).toBe(false);
    expect(waits.at(-1)).toEqual([3, 0]);
  });

  it('is known at once where what carries them was refused as a whole, and waits for no item then', async () => {
    meanwhile = () => refusals.set(1, { code: ValidationCode.ENDORSEMENT_POLICY_FAILURE, blockNumber: 6n });
    results.set(3, valid(5n));
    const answer = await ask([id(1), id(2), id(3)]);
    expect(answer.items.map(({ known }) => known)).toEqual([false, false, true]);
    expect(answer.carrier).toMatchObject({ txId: id(1), code: ValidationCode.ENDORSEMENT_POLICY_FAILURE, blockNumber: 6n });
    expect(waits.map(([item]) => item)).toEqual([1]);
  });

  it('asks for no carrier but the first', async () => {
    refusals.set(2, { code: ValidationCode.ENDORSEMENT_POLICY_FAILURE, blockNumber: 6n });
    expect((await ask([id(1), id(2)])).carrier).toBeUndefined();
  });

  it('asks for the carrier that the question names, and for no other', async () => {
    refusals.set(9, { code: ValidationCode.ENDORSEMENT_POLICY_FAILURE, blockNumber: 6n });
    expect((await ask([id(1), id(2)], 0, id(9))).carrier).toMatchObject({ txId: id(9), code: ValidationCode.ENDORSEMENT_POLICY_FAILURE });
    expect((await ask([id(9)], 0, id(1))).carrier).toBeUndefined();
  });

  it('says which core of a valid item was committed', async () => {
    results.set(1, { ...valid(3n), coreDigest: id(7) });
    expect((await ask([id(1), id(2)], 0)).items.map(({ coreDigest }) => coreDigest.length)).toEqual([32, 0]);
  });

  it('of a carrier with an id of another length is refused', async () => {
    expect(await refusalCodeOf(ask([id(1)], 0, id(2).subarray(1)))).toBe('MALFORMED_MESSAGE');
  });
});

describe('a hostile question about a batch', () => {
  it.each<[string, readonly Uint8Array[], string]>([
    ['no id', [], 'MALFORMED_MESSAGE'],
    ['more ids than a batch has', Array.from({ length: LIMITS.maxBatchItems + 1 }, (_, i) => id(i)), 'LIMIT_EXCEEDED'],
    ['a short id', [id(1), id(2).subarray(1)], 'MALFORMED_MESSAGE'],
    ['a long id', [new Uint8Array(33)], 'MALFORMED_MESSAGE'],
    ['an id twice', [id(1), id(2), id(1)], 'MALFORMED_MESSAGE'],
  ])('with %s is refused before anything is looked up', async (_, txIds, code) => {
    expect(await refusalCodeOf(ask(txIds))).toBe(code);
    expect([waits, passed]).toEqual([[], []]);
  });
});
