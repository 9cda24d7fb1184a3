import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { RequestKind } from '@selvedge/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { executeRequest, type FakeAnswer } from '../testdata/fake-compute.js';
import { createRequest } from '../testdata/requests.js';
import { openEvaluateAnswer, openSubmitAnswer, type Answer, type TargetAnswer } from './answer.js';
import { groupReplicas, requireSameResult } from './replicas.js';
import type { BuiltRequest } from './request.js';

let consortium: TestConsortium;
beforeAll(async () => {
  consortium = await createTestConsortium();
});

async function submitOn(nodeId: string, request: BuiltRequest, change: FakeAnswer = {}): Promise<TargetAnswer> {
  const node = await consortium.issueComputeNode({ binding: { nodeId } });
  return openSubmitAnswer(request, await executeRequest(consortium, node, request.sealed, change));
}
async function evaluateOn(nodeId: string, request: BuiltRequest, change: FakeAnswer = {}): Promise<Answer> {
  const node = await consortium.issueComputeNode({ binding: { nodeId } });
  return openEvaluateAnswer(request, await executeRequest(consortium, node, request.sealed, change));
}

describe('groupReplicas', () => {
  it('collects the TEE signatures of replicas that agree', async () => {
    const request = createRequest(consortium, RequestKind.SUBMIT);
    const answers = [await submitOn('compute-1', request), await submitOn('compute-2', request)];
    const grouped = groupReplicas(answers);
    expect(grouped.attachments?.teeSignatures).toHaveLength(2);
    expect(grouped.attachments?.packets).toHaveLength(1);
    expect(grouped.cores).toEqual(answers[0]!.targetData.cores);
  });

  it('names the nodes when they disagree', async () => {
    const request = createRequest(consortium, RequestKind.SUBMIT);
    const odd = { response: { status: 200, payload: Buffer.from('odd') } };
    const answers = [await submitOn('compute-1', request), await submitOn('compute-2', request, odd), await submitOn('compute-3', request)];
    expect(() => groupReplicas(answers)).toThrow(expect.objectContaining({ code: 'REPLICAS_DISAGREE', details: { nodes: 'compute-1, compute-3 | compute-2' } }));
  });

  it('refuses to go on without an answer', () => {
    expect(() => groupReplicas([])).toThrow(expect.objectContaining({ code: 'COMPUTE_QUORUM_NOT_MET' }));
  });
});

describe('requireSameResult', () => {
  it('gives the result that all nodes gave', async () => {
    const request = createRequest(consortium, RequestKind.EVALUATE, ['f', 'a']);
    const result = requireSameResult([await evaluateOn('compute-1', request), await evaluateOn('compute-2', request)]);
    expect(Buffer.from(result).toString()).toBe('f(a)');
  });

  it('names the nodes when they disagree', async () => {
    const request = createRequest(consortium, RequestKind.EVALUATE, ['f']);
    const answers = [await evaluateOn('compute-1', request), await evaluateOn('compute-2', request, { response: { status: 200, payload: Buffer.from('odd') } })];
    expect(() => requireSameResult(answers)).toThrow(expect.objectContaining({ code: 'REPLICAS_DISAGREE' }));
  });
});
