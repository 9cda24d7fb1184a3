import { create } from '@bufbuild/protobuf';
import { SelvedgeError } from '@selvedge/errors';
import { BatchResponseSchema, LIMITS, RefusalSchema, type BatchResponse } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { useBatchedContract } from '../testdata/batched-contract.js';
import { refusal } from '../testdata/fake-ports.js';

const test = useBatchedContract();
const { hops, submit, orderedItems } = test;

describe('requests to a contract that is batched', () => {
  it('travel together, and each gets its own result', async () => {
    expect(await submit('a', 'b', 'c')).toEqual(['a()', 'b()', 'c()']);
    expect([hops('execute'), hops('order')]).toEqual([1, 1]);
    expect(orderedItems()).toEqual([3]);
  });

  it('fail by themselves where the chaincode refuses', async () => {
    expect(await submit('a', 'fail', 'c')).toEqual(['a()', 'CHAINCODE_ERROR', 'c()']);
    expect(orderedItems()).toEqual([2]);
  });

  it('go alone where there is one, where it names endorsers of its own, and where it was deferred', async () => {
    expect(await submit('a')).toEqual(['a()']);
    expect(orderedItems()).toEqual([1]);
    test.network.hooks.executeBatch = async (_node, genuine) => deferSecond(await genuine());
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
    expect(orderedItems()).toEqual([1, 1, 1]);
  });

  it('evaluate together, too', async () => {
    const contract = test.gateway.getNetwork(test.network.consortium.channel).getContract(test.network.consortium.contract);
    const results = await Promise.all(['x', 'y'].map((name) => contract.evaluateTransaction(name)));
    expect(results.map((result) => Buffer.from(result).toString())).toEqual(['x()', 'y()']);
    expect([hops('execute'), hops('endorse')]).toEqual([1, 0]);
  });

  it('evaluate by themselves where they are to be confirmed', async () => {
    const contract = test.gateway.getNetwork(test.network.consortium.channel).getContract(test.network.consortium.contract);
    const confirmed = Promise.allSettled(['x', 'y'].map((name) => contract.evaluate(name, { confirm: 2 })));
    // These nodes confirm nothing, and say so.
    expect((await confirmed).map((each) => (each.status === 'rejected' ? (each.reason as { code: string }).code : each.status))).toEqual(['STATE_UNCONFIRMED', 'STATE_UNCONFIRMED']);
    expect(hops('execute')).toBe(2);
  });

  it('are one by one by default', async () => {
    test.gateway = test.network.connect();
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
    expect(hops('execute')).toBe(2);
  });
});

describe('what befalls a batch as a whole', () => {
  it('before it is ordered sends its items on alone', async () => {
    let failed = 0;
    test.network.hooks.executeBatch = () => {
      failed += 1;
      return Promise.reject(new SelvedgeError('LIMIT_EXCEEDED', 'too large together', { role: 'compute' }));
    };
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
    expect(failed).toBe(1);
  });

  it('is every item’s when nobody can tell whether it was ordered: nothing is made again', async () => {
    test.connect({ limits: { commitStatusTimeoutMs: 30, submitTimeoutMs: 30 } });
    test.network.hooks.submit = async (_peer, genuine) => {
      await genuine();
      throw refusal('UNAVAILABLE');
    };
    test.network.hooks.commitStatus = () => Promise.reject(refusal('UNAVAILABLE'));
    expect(await submit('a', 'b')).toEqual(['COMMIT_UNKNOWN', 'COMMIT_UNKNOWN']);
    expect(new Set(orderedItems())).toEqual(new Set([2]));
  });

  it('after it was ordered is every item’s, whatever it is: nothing is made again', async () => {
    test.network.hooks.commitStatus = () => Promise.reject(refusal('LIMIT_EXCEEDED'));
    expect(await submit('a', 'b')).toEqual(['LIMIT_EXCEEDED', 'LIMIT_EXCEEDED']);
    expect(orderedItems()).toEqual([2]);
  });

  it.each<[string, (answer: BatchResponse) => void]>([
    ['an item less', (answer) => answer.items.pop()],
    ['a core less', (answer) => answer.targetData!.cores.pop()],
    ['cores in another order', (answer) => answer.targetData!.cores.reverse()],
    ['an item of another node', (answer) => { answer.items[0]!.response!.nodeId = 'compute-9'; }],
    ['an item without an answer', (answer) => { delete answer.items[0]!.response; }],
    ['a packet less', (answer) => answer.targetData!.attachments!.packets.pop()],
    ['no core where it says so', (answer) => { answer.items[0]!.hasCore = false; }],
    ['another response', (answer) => { answer.items[0]!.response!.ciphertext = answer.items[1]!.response!.ciphertext; }],
  ])('is a node’s answer that does not hold together (%s): the items go alone', async (_, change) => {
    test.network.hooks.executeBatch = async (_node, genuine) => {
      const answer = await genuine();
      change(answer);
      return answer;
    };
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
    expect(orderedItems()).toEqual([1, 1]);
  });
});

describe('replicas of which one has no core', () => {
  it.each([1, 2])('disagree, if it is answer %i: the items go alone', async (coreless) => {
    test.network.consortium.setContractPolicy({ computeQuorum: 2 });
    let asked = 0;
    test.network.hooks.executeBatch = async (_node, genuine) => {
      const answer = await genuine();
      asked += 1;
      return asked === coreless ? deferAll(answer) : answer;
    };
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
    expect(orderedItems()).toEqual([1, 1]);
  });

  it('and which refuse items for different reasons: neither is believed', async () => {
    test.network.consortium.setContractPolicy({ computeQuorum: 2 });
    test.network.hooks.executeBatch = async (node, genuine) => {
      const answer = deferAll(await genuine());
      if (node === 'compute-1') for (const item of answer.items) item.refusal = create(RefusalSchema, { code: 'DATASET_ACCESS_DENIED', role: 'compute', message: 'no' });
      return answer;
    };
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
  });
});

describe('batching is configured', () => {
  it.each([{ maxBatch: 0, maxBatchDelayMs: 1 }, { maxBatch: LIMITS.maxBatchItems + 1, maxBatchDelayMs: 1 }, { maxBatch: 1.5, maxBatchDelayMs: 1 }, { maxBatch: 1, maxBatchDelayMs: -1 }, { maxBatch: 1, maxBatchDelayMs: 1, maxInFlight: 0 }])('within bounds: not %j', (policy) => {
    expect(() => test.network.connect({ batching: { stones: policy } })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
  });
});

/** As a node answers whose second item has to wait. */
function deferSecond(answer: BatchResponse): BatchResponse {
  const [first] = answer.targetData!.cores;
  answer.targetData!.cores = [first!];
  answer.targetData!.attachments!.packets = answer.targetData!.attachments!.packets.slice(0, 1);
  answer.items[1] = { $typeName: 'selvedge.v1.BatchItem', hasCore: false, refusal: { $typeName: 'selvedge.v1.Refusal', code: 'BATCH_ITEM_DEFERRED', role: 'compute', message: 'it waits', action: '' } };
  return answer;
}

/** As a node answers that executed nothing. */
function deferAll(answer: BatchResponse): BatchResponse {
  const [, deferred] = deferSecond(answer).items;
  return create(BatchResponseSchema, { items: answer.items.map(() => deferred!) });
}
