import { setTimeout as sleep } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { BatchResponseSchema, CarrierRefusalSchema, createItemMask, EndorsedTransactionSchema, keptItems, LIMITS, parseCores, parseMessage, RefusalSchema, StaleItemsSchema, TransactionSchema, ValidationCode, type BatchCommitStatusAnswer, type BatchResponse } from '@selvedge/protocol';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Gateway } from '../gateway.js';
import type { ClientLimits } from '../limits.js';
import { createFakeNetwork, type FakeNetwork } from '../testdata/fake-network.js';
import { refusal } from '../testdata/fake-ports.js';

let network: FakeNetwork;
let gateway: Gateway;
beforeEach(async () => {
  network = await createFakeNetwork();
  gateway = network.connect({ batching: { [network.consortium.contract]: { maxBatch: 8, maxBatchDelayMs: 20, maxInFlight: 1 } } });
});

const hops = (hop: string): number => network.calls.filter((call) => call.startsWith(`${hop} `)).length;
/** Each call's result, or the code that it was refused with. */
async function submit(...names: string[]): Promise<string[]> {
  const contract = gateway.getNetwork(network.consortium.channel).getContract(network.consortium.contract);
  const settled = await Promise.allSettled(names.map((name) => contract.submitTransaction(name)));
  return settled.map((each) => (each.status === 'fulfilled' ? Buffer.from(each.value).toString() : isSelvedgeError(each.reason) ? each.reason.code : String(each.reason)));
}
const orderedItems = (): number[] =>
  network.ledger.ordered.map((bytes) => {
    const { kind } = parseMessage(TransactionSchema, bytes, LIMITS.maxMessageBytes);
    const { cores, itemMask } = parseMessage(EndorsedTransactionSchema, kind.value as Uint8Array, LIMITS.maxMessageBytes);
    return parseCores(cores, itemMask).length;
  });

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
    network.hooks.executeBatch = async (_node, genuine) => deferSecond(await genuine());
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
    expect(orderedItems()).toEqual([1, 1, 1]);
  });

  it('evaluate together, too', async () => {
    const contract = gateway.getNetwork(network.consortium.channel).getContract(network.consortium.contract);
    const results = await Promise.all(['x', 'y'].map((name) => contract.evaluateTransaction(name)));
    expect(results.map((result) => Buffer.from(result).toString())).toEqual(['x()', 'y()']);
    expect([hops('execute'), hops('endorse')]).toEqual([1, 0]);
  });

  it('evaluate by themselves where they are to be confirmed', async () => {
    const contract = gateway.getNetwork(network.consortium.channel).getContract(network.consortium.contract);
    const confirmed = Promise.allSettled(['x', 'y'].map((name) => contract.evaluate(name, { confirm: 2 })));
    // These nodes confirm nothing, and say so.
    expect((await confirmed).map((each) => (each.status === 'rejected' ? (each.reason as { code: string }).code : each.status))).toEqual(['STATE_UNCONFIRMED', 'STATE_UNCONFIRMED']);
    expect(hops('execute')).toBe(2);
  });

  it('are one by one by default', async () => {
    gateway = network.connect();
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
    expect(hops('execute')).toBe(2);
  });
});

describe('a stale item', () => {
  beforeEach(() => {
    network.hooks.endorse = (_mspId, genuine, targetData) => (targetData.cores.length > 1 && keptItems(targetData.cores, targetData.itemMask).length === targetData.cores.length ? Promise.reject(refusal('STALE_READ')) : genuine());
    network.hooks.findStaleItems = () => Promise.resolve(create(StaleItemsSchema, { itemMask: createItemMask([1]) }));
  });

  it('is left out and reported alone', async () => {
    expect(await submit('a', 'b', 'c')).toEqual(['a()', 'STALE_READ', 'c()']);
    expect(orderedItems()).toEqual([2]);
  });

  it('is made again by a policy of retries, like any request', async () => {
    gateway = network.connect({ retry: { attempts: 2 }, batching: { [network.consortium.contract]: { maxBatch: 8, maxBatchDelayMs: 20 } } });
    expect(await submit('a', 'b', 'c')).toEqual(['a()', 'b()', 'c()']);
    expect(orderedItems()).toEqual([2, 1]);
  });

  it('that no endorser can name makes the batch fall apart', async () => {
    network.hooks.findStaleItems = () => Promise.reject(refusal('UNAVAILABLE'));
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
    expect(orderedItems()).toEqual([1, 1]);
  });

  it('is not believed of an endorser that talks nonsense', async () => {
    network.hooks.findStaleItems = () => Promise.resolve(create(StaleItemsSchema, { itemMask: Uint8Array.of(0, 0, 0, 1) }));
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
    expect(orderedItems()).toEqual([1, 1]);
  });
});

describe('a conflict at commit', () => {
  it('is the stale items’; the others are made again with new ids', async () => {
    network.hooks.submit = async (_peer, genuine) => {
      const answer = await genuine();
      network.ledger.code = network.ledger.ordered.length === 1 ? ValidationCode.MVCC_READ_CONFLICT : ValidationCode.VALID;
      return answer;
    };
    network.hooks.findStaleItems = () => Promise.resolve(create(StaleItemsSchema, { itemMask: createItemMask([0]) }));
    expect(await submit('a', 'b', 'c')).toEqual(['MVCC_READ_CONFLICT', 'b()', 'c()']);
    expect(orderedItems()).toEqual([3, 2]);
    const ids = network.ledger.ordered.flatMap((bytes) => {
      const { kind } = parseMessage(TransactionSchema, bytes, LIMITS.maxMessageBytes);
      return parseMessage(EndorsedTransactionSchema, kind.value as Uint8Array, LIMITS.maxMessageBytes).cores.map((core) => Buffer.from(parseCores([core], new Uint8Array(0))[0]!.txId).toString('hex'));
    });
    expect(new Set(ids).size).toBe(5);
  });
});

describe('what befalls a batch as a whole', () => {
  it('before it is ordered sends its items on alone', async () => {
    let failed = 0;
    network.hooks.executeBatch = () => {
      failed += 1;
      return Promise.reject(new SelvedgeError('LIMIT_EXCEEDED', 'too large together', { role: 'compute' }));
    };
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
    expect(failed).toBe(1);
  });

  it('is every item’s when nobody can tell whether it was ordered: nothing is made again', async () => {
    gateway = network.connect({ limits: { commitStatusTimeoutMs: 30, submitTimeoutMs: 30 }, batching: { [network.consortium.contract]: { maxBatch: 8, maxBatchDelayMs: 20 } } });
    network.hooks.submit = async (_peer, genuine) => {
      await genuine();
      throw refusal('UNAVAILABLE');
    };
    network.hooks.commitStatus = () => Promise.reject(refusal('UNAVAILABLE'));
    expect(await submit('a', 'b')).toEqual(['COMMIT_UNKNOWN', 'COMMIT_UNKNOWN']);
    expect(new Set(orderedItems())).toEqual(new Set([2]));
  });

  it('after it was ordered is every item’s, whatever it is: nothing is made again', async () => {
    network.hooks.commitStatus = () => Promise.reject(refusal('LIMIT_EXCEEDED'));
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
    network.hooks.executeBatch = async (_node, genuine) => {
      const answer = await genuine();
      change(answer);
      return answer;
    };
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
    expect(orderedItems()).toEqual([1, 1]);
  });
});

/** Hexadecimal ids of what was ordered, by transaction. */
const orderedIds = (): string[][] =>
  network.ledger.ordered.map((bytes) => {
    const { kind } = parseMessage(TransactionSchema, bytes, LIMITS.maxMessageBytes);
    const { cores, itemMask } = parseMessage(EndorsedTransactionSchema, kind.value as Uint8Array, LIMITS.maxMessageBytes);
    return parseCores(cores, itemMask).map(({ txId }) => Buffer.from(txId).toString('hex'));
  });

describe('under more load than there is room for, a batch', () => {
  const connect = (limits: Partial<ClientLimits>): void => {
    gateway.close();
    gateway = network.connect({ limits, batching: { [network.consortium.contract]: { maxBatch: 8, maxBatchDelayMs: 20, maxInFlight: 1 } } });
  };

  it('is refused as a whole where no node takes it: alone, its items would only be more', async () => {
    connect({ executeTimeoutMs: 100 });
    network.hooks.executeBatch = () => Promise.reject(refusal('OVERLOADED'));
    expect(await submit('a', 'b')).toEqual(['OVERLOADED', 'OVERLOADED']);
    network.hooks.executeBatch = (_node, genuine) => genuine();
    network.hooks.submit = () => Promise.reject(refusal('OVERLOADED'));
    connect({ submitTimeoutMs: 100 });
    expect(await submit('a', 'b')).toEqual(['OVERLOADED', 'OVERLOADED']);
    expect(network.calls.filter((call) => call.startsWith('endorse NorthMSP')).length).toBeLessThan(2);
  });

  it('leaves out items that have waited for their turn too long while others were refused for want of room', async () => {
    connect({ maxInFlight: 5, overloadWaitMs: 50 });
    await submit('warm');
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    network.hooks.executeBatch = async (_node, genuine) => {
      await held;
      return genuine();
    };
    const first = submit('a', 'b');
    await expect.poll(() => hops('execute')).toBe(2);
    const waiting = submit('c', 'd', 'e');
    await sleep(60);
    expect(await submit('f')).toEqual(['OVERLOADED']);
    release();
    expect([await first, await waiting]).toEqual([['a()', 'b()'], ['OVERLOADED', 'OVERLOADED', 'OVERLOADED']]);
    expect(await submit('g')).toEqual(['g()']);
  });
});

describe('an item is committed by the verdict on its own id', () => {
  /** Owners have had the items ordered by themselves before, in this way. */
  const judge = (codeOf: (place: number, transaction: number) => ValidationCode): void => {
    network.hooks.commitStatus = async (_mspId, genuine, txId) => {
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
    network.hooks.batchCommitStatus = async (_mspId, genuine) => {
      const answer = await genuine();
      change(answer);
      return answer;
    };
  };

  it('are one question to each owner', async () => {
    await submit('a', 'b', 'c');
    const asked = network.calls.filter((call) => call.startsWith('commit-status'));
    expect([asked.length, new Set(asked).size]).toEqual([3, 3]);
  });

  it('are asked for again until all are known', async () => {
    let questions = 0;
    network.hooks.batchCommitStatus = async (_mspId, genuine) => {
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
    gateway = network.connect({ limits: { commitStatusTimeoutMs: 200 }, batching: { [network.consortium.contract]: { maxBatch: 8, maxBatchDelayMs: 20 } } });
    network.hooks.batchCommitStatus = async (mspId, genuine) => {
      const answer = await genuine();
      if (mspId === 'BorealisMSP') answer.items[1] = { ...answer.items[1]!, known: false };
      return answer;
    };
    expect(await submit('a', 'b', 'c')).toEqual(['a()', 'COMMIT_UNKNOWN', 'c()']);
  });
});

describe('an item that goes alone before its batch is ordered', () => {
  it('keeps its transaction id: who holds the batch’s target data cannot have it committed twice', async () => {
    const tried: string[] = [];
    network.hooks.endorse = (_mspId, genuine, { cores, itemMask }) => {
      if (cores.length === 1) return genuine();
      tried.splice(0, tried.length, ...parseCores(cores, itemMask).map(({ txId }) => Buffer.from(txId).toString('hex')));
      return Promise.reject(refusal('LIMIT_EXCEEDED'));
    };
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
    expect(tried).toHaveLength(2);
    expect(orderedIds().flat().sort()).toEqual(tried.sort());
  });

  it('ends where an endorser says that its id was ordered', async () => {
    network.hooks.endorse = () => Promise.reject(refusal('DUPLICATE_TXID'));
    expect(await submit('a', 'b')).toEqual(['DUPLICATE_TXID', 'DUPLICATE_TXID']);
    expect(orderedItems()).toEqual([]);
  });
});

describe('a batch that nobody can tell the fate of', () => {
  it('names each item by its own id, and gives those without a core what they came to', async () => {
    gateway = network.connect({ limits: { commitStatusTimeoutMs: 30, submitTimeoutMs: 30 }, batching: { [network.consortium.contract]: { maxBatch: 8, maxBatchDelayMs: 20 } } });
    network.hooks.submit = async (_peer, genuine) => {
      await genuine();
      throw refusal('UNAVAILABLE');
    };
    network.hooks.commitStatus = () => Promise.reject(refusal('UNAVAILABLE'));
    const contract = gateway.getNetwork(network.consortium.channel).getContract(network.consortium.contract);
    const settled = await Promise.allSettled(['a', 'fail', 'b'].map((name) => contract.submitTransaction(name)));
    const errors = settled.map((each) => (each.status === 'rejected' && isSelvedgeError(each.reason) ? each.reason : undefined));
    expect(errors.map((error) => error?.code)).toEqual(['COMMIT_UNKNOWN', 'CHAINCODE_ERROR', 'COMMIT_UNKNOWN']);
    expect([errors[0]?.details.txId, errors[2]?.details.txId]).toEqual(orderedIds()[0]);
  });
});

describe('replicas of which one has no core', () => {
  it.each([1, 2])('disagree, if it is answer %i: the items go alone', async (coreless) => {
    network.consortium.setContractPolicy({ computeQuorum: 2 });
    let asked = 0;
    network.hooks.executeBatch = async (_node, genuine) => {
      const answer = await genuine();
      asked += 1;
      return asked === coreless ? deferAll(answer) : answer;
    };
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
    expect(orderedItems()).toEqual([1, 1]);
  });

  it('and which refuse items for different reasons: neither is believed', async () => {
    network.consortium.setContractPolicy({ computeQuorum: 2 });
    network.hooks.executeBatch = async (node, genuine) => {
      const answer = deferAll(await genuine());
      if (node === 'compute-1') for (const item of answer.items) item.refusal = create(RefusalSchema, { code: 'DATASET_ACCESS_DENIED', role: 'compute', message: 'no' });
      return answer;
    };
    expect(await submit('a', 'b')).toEqual(['a()', 'b()']);
  });
});

describe('batching is configured', () => {
  it.each([{ maxBatch: 0, maxBatchDelayMs: 1 }, { maxBatch: LIMITS.maxBatchItems + 1, maxBatchDelayMs: 1 }, { maxBatch: 1.5, maxBatchDelayMs: 1 }, { maxBatch: 1, maxBatchDelayMs: -1 }, { maxBatch: 1, maxBatchDelayMs: 1, maxInFlight: 0 }])('within bounds: not %j', (policy) => {
    expect(() => network.connect({ batching: { stones: policy } })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
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

describe('requests that come one after the other and change one key', () => {
  it('wait for each other once they have met in a conflict, and then travel together', async () => {
    gateway = network.connect({ batching: { [network.consortium.contract]: { maxBatch: 8, maxBatchDelayMs: 1 } } });
    const held: (() => void)[] = [];
    network.hooks.submit = async (_node, genuine) => {
      await new Promise<void>((resolve) => held.push(resolve));
      return genuine();
    };
    const ordering = (count: number): Promise<unknown> => vi.waitFor(() => { expect(held).toHaveLength(count); });
    const first = submit('a');
    await ordering(1);
    const second = submit('b');
    await ordering(2);
    held[0]?.();
    expect(await first).toEqual(['a()']);
    network.ledger.code = ValidationCode.MVCC_READ_CONFLICT;
    held[1]?.();
    expect(await second).toEqual(['MVCC_READ_CONFLICT']);

    network.ledger.code = ValidationCode.VALID;
    const third = submit('c');
    await ordering(3);
    const later = [submit('d'), submit('e')];
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(held).toHaveLength(3);
    held[2]?.();
    expect(await third).toEqual(['c()']);
    await ordering(4);
    held[3]?.();
    expect(await Promise.all(later)).toEqual([['d()'], ['e()']]);
    expect(orderedItems()).toEqual([1, 1, 1, 2]);
  });
});
