import { createTestConsortium, refusalCodeOf, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { LIMITS, RequestKind, type BatchResponse } from '@selvedge/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { executeRequests } from '../testdata/fake-compute.js';
import { createRequest } from '../testdata/requests.js';
import { readRelayedAnswer, type RelayedAnswer } from './relayed-answer.js';

let consortium: TestConsortium;
let node: TestComputeNode;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode({ binding: { nodeId: 'compute-1' } });
});

async function read(change: (answer: BatchResponse) => unknown = () => undefined): Promise<RelayedAnswer> {
  const requests = ['price', 'fail', 'paint'].map((name) => createRequest(consortium, RequestKind.SUBMIT, [name]));
  const answer = await executeRequests(consortium, node, requests.map(({ sealed }) => sealed));
  change(answer);
  return readRelayedAnswer(requests.map(({ txId }) => txId), 'compute-1', answer);
}

describe('an answer that is passed on', () => {
  it('gives each item its response, and the place of its core', async () => {
    const { items, cores } = await read();
    expect(items.map((item) => ('refusal' in item ? 'refused' : item.core))).toEqual([0, undefined, 1]);
    expect(cores).toHaveLength(2);
  });

  it.each<[string, string, (answer: BatchResponse) => unknown]>([
    ['an item less', 'TARGET_DATA_INCONSISTENT', ({ items }) => items.pop()],
    ['a core less', 'TARGET_DATA_INCONSISTENT', ({ targetData }) => targetData!.cores.pop()],
    ['the cores of two items swapped', 'TX_ID_MISMATCH', ({ targetData }) => targetData!.cores.reverse()],
    ['an item of neither kind', 'TARGET_DATA_INCONSISTENT', ({ items }) => { delete items[1]!.response; }],
    ['a refusal beside a core', 'TARGET_DATA_INCONSISTENT', ({ items }) => { Object.assign(items[0]!, { response: undefined, refusal: { $typeName: 'selvedge.v1.Refusal', code: 'OVERLOADED', role: 'compute', message: '', action: '' } }); }],
    ['another node’s answer', 'TARGET_DATA_INCONSISTENT', ({ items }) => { items[2]!.response!.nodeId = 'compute-2'; }],
    ['a packet less', 'PACKET_MISMATCH', ({ targetData }) => targetData!.attachments!.packets.pop()],
    ['a response that is too large', 'LIMIT_EXCEEDED', ({ items }) => { items[1]!.response!.ciphertext = new Uint8Array(LIMITS.maxMessageBytes / 2 + 1); }],
  ])('with %s is refused', async (_name, code, change) => {
    expect(await refusalCodeOf(read(change))).toBe(code);
  });
});
