import { SelvedgeError } from '@selvedge/errors';
import { createTestConsortium, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { LIMITS, RequestKind, type BatchResponse } from '@selvedge/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { executeRequests } from '../testdata/fake-compute.js';
import { createRequest } from '../testdata/requests.js';
import { openBatchAnswer, type BatchAnswer } from './batch-answer.js';

let consortium: TestConsortium;
let node: TestComputeNode;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode({ binding: { nodeId: 'compute-1' } });
});

async function open(change: (answer: BatchResponse) => unknown = () => undefined, ...calls: string[][]): Promise<BatchAnswer> {
  const requests = (calls.length === 0 ? [['price', 'a'], ['fail', 'b'], ['price', 'c']] : calls).map((args) => createRequest(consortium, RequestKind.SUBMIT, args));
  const answer = await executeRequests(consortium, node, requests.map(({ sealed }) => sealed));
  change(answer);
  return openBatchAnswer(requests, 'compute-1', answer);
}
const codeOf = async (change: (answer: BatchResponse) => unknown, ...calls: string[][]): Promise<string> => {
  try {
    await open(change, ...calls);
    return 'accepted';
  } catch (error) {
    return error instanceof SelvedgeError ? error.code : `foreign: ${String(error)}`;
  }
};

describe('the answer to a batch', () => {
  it('is opened item by item; what an item was refused with is its own', async () => {
    const { items, cores } = await open();
    expect(items.map((item) => ('refusal' in item ? item.refusal.code : [Buffer.from(item.response.payload).toString(), item.core]))).toEqual([['price(a)', 0], 'CHAINCODE_ERROR', ['price(c)', 1]]);
    expect(cores).toHaveLength(2);
  });

  it('may hold a refusal in the clear', async () => {
    const { items } = await open((answer) => { answer.items[1] = { $typeName: 'selvedge.v1.BatchItem', hasCore: false, refusal: { $typeName: 'selvedge.v1.Refusal', code: 'ENVELOPE_EPOCH_UNKNOWN', role: 'compute', message: 'old', action: '' } }; });
    expect(items[1]).toMatchObject({ refusal: { code: 'ENVELOPE_EPOCH_UNKNOWN' } });
  });

  it('defers, unopened, each item whose answer is too large beside those before it', async () => {
    const { items } = await open((answer) => {
      answer.items[1]!.response!.ciphertext = new Uint8Array(LIMITS.maxBatchAnswerBytes);
    });
    expect(items.map((item) => ('refusal' in item ? item.refusal.code : item.core))).toEqual([0, 'BATCH_ITEM_DEFERRED', 1]);
    const text = await open((answer) => {
      answer.items[1] = { $typeName: 'selvedge.v1.BatchItem', hasCore: false, refusal: { $typeName: 'selvedge.v1.Refusal', code: 'OVERLOADED', role: 'compute', message: 'm'.repeat(LIMITS.maxBatchAnswerBytes), action: '' } };
    });
    expect(text.items[1]).toMatchObject({ refusal: { code: 'BATCH_ITEM_DEFERRED' } });
  });

  it('is worthless where such an item has a core, which counts with the others', async () => {
    const code = await codeOf((answer) => { answer.items[2]!.response!.ciphertext = new Uint8Array(LIMITS.maxBatchAnswerBytes); });
    expect(code).toBe('LIMIT_EXCEEDED');
  });

  it.each<[string, string, (answer: BatchResponse) => unknown]>([
    ['an item less', 'TARGET_DATA_INCONSISTENT', (answer) => answer.items.pop()],
    ['a core less', 'TARGET_DATA_INCONSISTENT', (answer) => answer.targetData!.cores.pop()],
    ['a core that no item names', 'TARGET_DATA_INCONSISTENT', (answer) => { answer.items[0]!.hasCore = false; }],
    ['a mask', 'TARGET_DATA_INCONSISTENT', (answer) => { answer.targetData!.itemMask = Uint8Array.of(1); }],
    ['an item of another node', 'TARGET_DATA_INCONSISTENT', (answer) => { answer.items[0]!.response!.nodeId = 'compute-9'; }],
    ['an item without an answer', 'TARGET_DATA_INCONSISTENT', (answer) => { delete answer.items[1]!.response; }],
    ['a core in another’s place', 'DECRYPT_FAILED', (answer) => answer.targetData!.cores.reverse()],
    ['a packet less', 'PACKET_MISMATCH', (answer) => answer.targetData!.attachments!.packets.pop()],
    ['a response that does not open', 'DECRYPT_FAILED', (answer) => { answer.items[1]!.response!.salt = new Uint8Array(32); }],
  ])('with %s is worthless', async (_, code, change) => {
    expect(await codeOf(change)).toBe(code);
  });

  it('whose core is not of the request and response that it is sealed with is worthless', async () => {
    const requests = ['a', 'b'].map((key) => createRequest(consortium, RequestKind.SUBMIT, ['price', key]));
    const answer = await executeRequests(consortium, node, requests.map(({ sealed }) => sealed), { signedResponse: { status: 200, payload: Buffer.from('something else') } });
    expect(() => openBatchAnswer(requests, 'compute-1', answer)).toThrow(expect.objectContaining({ code: 'RESPONSE_DIGEST_MISMATCH' }));
  });
});
