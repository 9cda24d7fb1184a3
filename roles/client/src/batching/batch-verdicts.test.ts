import { create } from '@bufbuild/protobuf';
import { isSelvedgeError } from '@selvedge/errors';
import { CarrierRefusalSchema, createItemMask, keptItems, parseCores, StaleItemsSchema, ValidationCode, type BatchCommitStatusAnswer } from '@selvedge/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { useBatchedContract } from '../testdata/batched-contract.js';
import { refusal } from '../testdata/fake-ports.js';

const test = useBatchedContract();
const { hops, submit, orderedItems, orderedIds } = test;

describe('a stale item', () => {
  beforeEach(() => {
    test.network.hooks.endorse = (_mspId, genuine, targetData) => (targetData.cores.length > 1 && keptItems(targetData.cores, targetData.itemMask).length === targetData.cores.length ? Promise.reject(refusal('STALE_READ')) : genuine());
    test.network.hooks.findStaleItems = () => Promise.resolve(create(StaleItemsSchema, { itemMask: createItemMask([1]) }));
  });

  it('is left out and reported alone', async () => {
    expect(await submit('a', 'b', 'c')).toEqual(['a()', 'STALE_READ', 'c()']);
    expect(orderedItems()).toEqual([2]);
  });

  it('is made again by a policy of retries, like any request', async () => {
    test.connect({ retry: { attempts: 2 } });
    expect(await submit('a', 'b', 'c')).toEqual(['a()', 'b()', 'c()']);
    expect(orderedItems()).toEqual([2, 1]);
  });

  it('that no endorser can name makes the batch fall apart', async () => {
    test.network.hooks.findStaleItems = () => Promise.reject(refusal('UNAVAILABLE'));
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
    expect(orderedItems()).toEqual([1, 1]);
  });

  it('is not believed of an endorser that talks nonsense', async () => {
    test.network.hooks.findStaleItems = () => Promise.resolve(create(StaleItemsSchema, { itemMask: Uint8Array.of(0, 0, 0, 1) }));
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
    expect(orderedItems()).toEqual([1, 1]);
  });
});

describe('a conflict at commit', () => {
  it('is the stale items’; the others are made again with new ids', async () => {
    test.network.hooks.submit = async (_peer, genuine) => {
      const answer = await genuine();
      test.network.ledger.code = test.network.ledger.ordered.length === 1 ? ValidationCode.MVCC_READ_CONFLICT : ValidationCode.VALID;
      return answer;
    };
    test.network.hooks.findStaleItems = () => Promise.resolve(create(StaleItemsSchema, { itemMask: createItemMask([0]) }));
    expect(await submit('a', 'b', 'c')).toEqual(['MVCC_READ_CONFLICT', 'b()', 'c()']);
    expect(orderedItems()).toEqual([3, 2]);
    expect(new Set(orderedIds().flat()).size).toBe(5);
  });
});

describe('an item is committed by the verdict on its own id', () => {
  /** Owners have had the items ordered by themselves before, in this way. */
  const judge = (codeOf: (place: number, transaction: number) => ValidationCode): void => {
    test.network.hooks.commitStatus = async (_mspId, genuine, txId) => {
      const answer = await genuine();
      const places = orderedIds().map((ids) => ids.indexOf(Buffer.from(txId).toString('hex')));
      const transaction = places.findIndex((place) => place >= 0);
      return { ...answer, code: codeOf(places[transaction] ?? -1, transaction) };
    };
  };

  it.each([0, 1, 2])('and not by that of another (%i is the only valid one): no result without, and nothing is made again', async (valid) => {
    judge((place) => (place === valid ? ValidationCode.VALID : ValidationCode.DUPLICATE_TXID));
    expect(await submit('a', 'b', 'c')).toEqual(['a()', 'b()', 'c()'].map((result, i) => (i === valid ? result : 'DUPLICATE_TXID')));
    expect(orderedItems()).toEqual([3]);
  });

  it('and not made again after a conflict of the others', async () => {
    judge((place, transaction) => (transaction > 0 || place === 1 ? ValidationCode.VALID : ValidationCode.MVCC_READ_CONFLICT));
    expect(await submit('a', 'b', 'c')).toEqual(['a()', 'b()', 'c()']);
    expect(orderedItems()).toEqual([3, 2]);
  });

  it('and made again, with a new id, when that says that it never will be', async () => {
    judge((_place, transaction) => (transaction > 0 ? ValidationCode.VALID : ValidationCode.ENDORSEMENT_POLICY_FAILURE));
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
    expect(orderedItems()).toEqual([2, 1, 1]);
    expect(new Set(orderedIds().flat()).size).toBe(4);
  });
});

describe('the verdicts of a batch', () => {
  const answerWith = (change: (answer: BatchCommitStatusAnswer) => void): void => {
    test.network.hooks.batchCommitStatus = async (_mspId, genuine) => {
      const answer = await genuine();
      change(answer);
      return answer;
    };
  };

  it('are one question to each owner', async () => {
    await submit('a', 'b', 'c');
    const asked = test.network.calls.filter((call) => call.startsWith('commit-status'));
    expect([asked.length, new Set(asked).size]).toEqual([3, 3]);
  });

  it('are asked for again until all are known', async () => {
    let questions = 0;
    test.network.hooks.batchCommitStatus = async (_mspId, genuine) => {
      const answer = await genuine();
      questions += 1;
      if (questions <= 3) answer.items[1] = { ...answer.items[1]!, known: false };
      return answer;
    };
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
    expect([questions, orderedItems()]).toEqual([6, [2]]);
  });

  it('end each item whose carrier was refused as a whole, at once, and nothing is made again: its own id is free', async () => {
    answerWith((answer) => {
      const [first, second] = answer.items;
      answer.items = [{ ...first!, known: false }, second!, ...answer.items.slice(2).map((item) => ({ ...item, known: false }))];
      answer.carrier = create(CarrierRefusalSchema, { txId: first!.txId, code: ValidationCode.ENDORSEMENT_POLICY_FAILURE, blockNumber: 5n });
    });
    expect(await submit('a', 'b', 'c')).toEqual(['ENDORSEMENT_POLICY_FAILURE', 'b()', 'ENDORSEMENT_POLICY_FAILURE']);
    expect([orderedItems(), hops('commit-status')]).toEqual([[3], 3]);
  });

  it('are not believed where they answer another question: nothing is made again', async () => {
    answerWith((answer) => answer.items.reverse());
    expect(await submit('a', 'b')).toEqual(['MALFORMED_MESSAGE', 'MALFORMED_MESSAGE']);
    expect(orderedItems()).toEqual([2]);
  });

  it('are unknown, by item, where an owner does not know one in time', async () => {
    test.connect({ limits: { commitStatusTimeoutMs: 200 } });
    test.network.hooks.batchCommitStatus = async (mspId, genuine) => {
      const answer = await genuine();
      if (mspId === 'BorealisMSP') answer.items[1] = { ...answer.items[1]!, known: false };
      return answer;
    };
    expect(await submit('a', 'b', 'c')).toEqual(['a()', 'COMMIT_UNKNOWN', 'c()']);
  });
});

describe('what carried a batch and was refused, which uses up no item’s id', () => {
  const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
  /** Owners' verdict on the first transactions that carry several items: on Fabric it is on no item's id. */
  const refuseCarriers = (count: number, code: ValidationCode): void => {
    test.network.hooks.batchCommitStatus = async (_mspId, genuine, [first], carrierTxId) => {
      const answer = await genuine();
      const transaction = orderedIds().findLastIndex((ids) => ids[0] === hex(first));
      if (transaction >= count || orderedItems()[transaction] === 1) return answer;
      test.network.ledger.refused = transaction + 1;
      answer.items = answer.items.map((item) => ({ ...item, known: false }));
      answer.carrier = create(CarrierRefusalSchema, { txId: carrierTxId ?? first!, code, blockNumber: 5n });
      return answer;
    };
  };

  it('sends all together once more, on newer state, under the ids that they have: who holds the batch cannot have them committed twice', async () => {
    const sent: string[] = [];
    test.network.hooks.executeBatch = (_node, genuine, requests) => {
      sent.push(...requests.map(({ ciphertext }) => hex(ciphertext)));
      return genuine();
    };
    refuseCarriers(1, ValidationCode.MVCC_READ_CONFLICT);
    expect(await submit('a', 'b', 'c')).toEqual(['a()', 'b()', 'c()']);
    const [before, after] = orderedIds();
    expect(orderedItems()).toEqual([3, 3]);
    expect(new Set(after)).toEqual(new Set(before));
    expect(new Set(sent).size).toBe(6);
  });

  it('leaves a stale one to its caller', async () => {
    refuseCarriers(1, ValidationCode.MVCC_READ_CONFLICT);
    test.network.hooks.findStaleItems = () => Promise.resolve(create(StaleItemsSchema, { itemMask: createItemMask([1]) }));
    expect(await submit('a', 'b', 'c')).toEqual(['a()', 'MVCC_READ_CONFLICT', 'c()']);
    expect(orderedItems()).toEqual([3, 2]);
  });

  it('has nothing made again under another id where it held one that was used up', async () => {
    refuseCarriers(1, ValidationCode.DUPLICATE_TXID);
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
    const [before, after] = orderedIds();
    expect(new Set(after)).toEqual(new Set(before));
  });

  it('has each sent by itself in the end, under its id still', async () => {
    refuseCarriers(Infinity, ValidationCode.MVCC_READ_CONFLICT);
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
    expect(orderedItems()).toEqual([2, 2, 2, 2, 1, 1]);
    expect(new Set(orderedIds().flat()).size).toBe(2);
  });

  it.each(['REQUEST_REPLAYED', 'REQUEST_EXPIRED'] as const)('leaves open what becomes of an item that cannot be sent again (%s): nobody is told to make another of it', async (code) => {
    refuseCarriers(1, ValidationCode.MVCC_READ_CONFLICT);
    const again = (): Promise<never> => Promise.reject(refusal(code));
    test.network.hooks.executeBatch = (_node, genuine) => (orderedItems().length === 0 ? genuine() : again());
    test.network.hooks.execute = again;
    const contract = test.gateway.getNetwork(test.network.consortium.channel).getContract(test.network.consortium.contract);
    const errors = (await Promise.allSettled(['a', 'b'].map((name) => contract.submitTransaction(name)))).map((each) => (each.status === 'rejected' && isSelvedgeError(each.reason) ? [each.reason.code, each.reason.details.txId] : each));
    expect(errors).toEqual(orderedIds()[0]!.map((id) => ['COMMIT_UNKNOWN', id]));
  });
});

describe('an item that goes alone before its batch is ordered', () => {
  it('keeps its transaction id: who holds the batch’s target data cannot have it committed twice', async () => {
    const tried: string[] = [];
    test.network.hooks.endorse = (_mspId, genuine, { cores, itemMask }) => {
      if (cores.length === 1) return genuine();
      tried.splice(0, tried.length, ...parseCores(cores, itemMask).map(({ txId }) => Buffer.from(txId).toString('hex')));
      return Promise.reject(refusal('LIMIT_EXCEEDED'));
    };
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
    expect(tried).toHaveLength(2);
    expect(orderedIds().flat().sort()).toEqual(tried.sort());
  });

  it('ends where an endorser says that its id was ordered', async () => {
    test.network.hooks.endorse = () => Promise.reject(refusal('DUPLICATE_TXID'));
    expect(await submit('a', 'b')).toEqual(['DUPLICATE_TXID', 'DUPLICATE_TXID']);
    expect(orderedItems()).toEqual([]);
  });
});

describe('a batch that nobody can tell the fate of', () => {
  it('names each item by its own id, and gives those without a core what they came to', async () => {
    test.connect({ limits: { commitStatusTimeoutMs: 30, submitTimeoutMs: 30 } });
    test.network.hooks.submit = async (_peer, genuine) => {
      await genuine();
      throw refusal('UNAVAILABLE');
    };
    test.network.hooks.commitStatus = () => Promise.reject(refusal('UNAVAILABLE'));
    const contract = test.gateway.getNetwork(test.network.consortium.channel).getContract(test.network.consortium.contract);
    const settled = await Promise.allSettled(['a', 'fail', 'b'].map((name) => contract.submitTransaction(name)));
    const errors = settled.map((each) => (each.status === 'rejected' && isSelvedgeError(each.reason) ? each.reason : undefined));
    expect(errors.map((error) => error?.code)).toEqual(['COMMIT_UNKNOWN', 'CHAINCODE_ERROR', 'COMMIT_UNKNOWN']);
    expect([errors[0]?.details.txId, errors[2]?.details.txId]).toEqual(orderedIds()[0]);
  });
});
