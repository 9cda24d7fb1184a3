import { create } from '@bufbuild/protobuf';
import { SelvedgeError } from '@selvedge/errors';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { CoreSchema, RequestKind } from '@selvedge/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { executeRequest } from '../testdata/fake-compute.js';
import { createRequest } from '../testdata/requests.js';
import { openSubmitAnswer, type TargetAnswer } from './answer.js';
import { differenceOf } from './core-difference.js';
import { createReplicaRecord } from './replica-record.js';
import { describeDisagreement, groupAnswers, mergeReplicas, mostFrequent } from './replicas.js';
import type { BuiltRequest } from './request.js';

let consortium: TestConsortium;
beforeAll(async () => {
  consortium = await createTestConsortium();
});

async function submitOn(nodeId: string, request: BuiltRequest): Promise<TargetAnswer> {
  const node = await consortium.issueComputeNode({ binding: { nodeId } });
  return openSubmitAnswer(request, await executeRequest(consortium, node, request.sealed));
}

it('replicas that agree are shown with the TEE signatures of all', async () => {
  const request = createRequest(consortium, RequestKind.SUBMIT);
  const [first, second] = [await submitOn('compute-1', request), await submitOn('compute-2', request)];
  const merged = mergeReplicas([first.targetData, second.targetData]);
  expect(merged.attachments?.teeSignatures).toHaveLength(2);
  expect(merged.attachments?.packets).toHaveLength(1);
  expect(merged.cores).toEqual(first.targetData.cores);
});

describe('answers', () => {
  it('are grouped, the most frequent first, then the earliest', () => {
    const grouped = groupAnswers(['b1', 'a1', 'a2', 'c1'], ([a], [b]) => a === b);
    expect(grouped).toEqual([['a1', 'a2'], ['b1'], ['c1']]);
    expect(groupAnswers([], () => true)).toEqual([]);
  });

  it('that are refusals count by their code', () => {
    const refused = (nodeId: string, code: 'CHAINCODE_ERROR' | 'UNAVAILABLE') => ({ nodeId, refusal: new SelvedgeError(code, nodeId) });
    const most = mostFrequent([refused('compute-1', 'UNAVAILABLE'), refused('compute-2', 'CHAINCODE_ERROR'), refused('compute-3', 'CHAINCODE_ERROR')]);
    expect(most).toMatchObject({ count: 2, refusal: { code: 'CHAINCODE_ERROR' } });
    expect(mostFrequent([])).toBeUndefined();
  });
});

describe('a disagreement', () => {
  const group = (...nodeIds: string[]) => ({ nodeIds, differs: 'the result' });
  const describing = (groups: readonly ReturnType<typeof group>[], isOfState = false) => describeDisagreement({ contract: 'diamonds', groups, refusals: [], isOfState });

  it('names who said what', () => {
    expect(describing([group('compute-1', 'compute-3'), group('compute-2')])).toMatchObject({ code: 'REPLICAS_DISAGREE', details: { nodes: 'compute-1, compute-3 | compute-2', differs: 'the result', contract: 'diamonds' } });
    const refusals = [{ nodeId: 'compute-9', refusal: new SelvedgeError('CHAINCODE_ERROR', 'x') }];
    expect(describeDisagreement({ contract: 'diamonds', groups: [group('compute-1'), group('compute-2')], refusals, isOfState: false }).message).toContain('compute-1 | compute-2 | compute-9 (CHAINCODE_ERROR)');
  });

  it('of three nodes or more, no two alike, is the chaincode’s doing; of two it may be either’s', () => {
    const [a, b, c] = [group('compute-1'), group('compute-2'), group('compute-3')];
    expect(describing([a, b, c])).toMatchObject({ code: 'CHAINCODE_NONDETERMINISTIC', message: expect.stringContaining('diamonds') as string });
    expect(describing([a, b]).code).toBe('REPLICAS_DISAGREE');
    expect(describing([group('compute-1', 'compute-4'), b, c]).code).toBe('REPLICAS_DISAGREE');
  });

  it('about what was read is a conflict that may be tried again', () => {
    expect(describing([group('compute-1'), group('compute-2'), group('compute-3')], true).code).toBe('STALE_READ');
  });
});

describe('the difference between two executions', () => {
  const KEY = new Uint8Array(32).fill(1);
  const read = (version: number, ledgerKey = KEY) => ({ ownerSet: 'world', dataset: 'stones', ledgerKey, packetHash: new Uint8Array(32).fill(version) });
  const write = (value: number) => ({ ownerSet: 'world', dataset: 'stones', ledgerKey: KEY, effect: { case: 'packetHash' as const, value: new Uint8Array(32).fill(value) } });
  const guard = (version: number) => ({ ownerSet: 'world', dataset: 'stones', guardKey: KEY, kind: 1, txId: new Uint8Array(32).fill(version) });
  const core = (section: object, rest: object = {}) => create(CoreSchema, { sections: [{ contract: 'diamonds', ...section }], ...rest });
  const base = { reads: [read(1)], writes: [write(1)] };

  it.each<[string, object, object, string, boolean]>([
    ['another version of a key', base, { ...base, reads: [read(2)] }, 'the state that diamonds read', true],
    ['another version of a key, and so another write', base, { reads: [read(2)], writes: [write(2)] }, 'the state that diamonds read', true],
    ['another version of a set', { guardsRead: [guard(1)] }, { guardsRead: [guard(2)] }, 'the state that diamonds read', true],
    ['another version of the contract', base, { ...base, policyVersion: 2n }, 'the state that diamonds read', true],
    ['other keys of the same state', base, { ...base, reads: [read(1), read(1, new Uint8Array(32).fill(2))] }, 'what diamonds reads', false],
    ['other writes', base, { ...base, writes: [write(2)] }, 'what diamonds writes', false],
    ['another contract', base, { contract: 'other' }, 'the contracts called: diamonds or other', false],
    ['another sealed event', base, { ...base, sealedEventHash: KEY }, 'the event', false],
  ])('is %s', (_, a, b, differs, isOfState) => {
    expect(differenceOf([core(a)], [core(b)])).toEqual({ differs, isOfState });
  });

  it('is the event or the result, where all else is the same', () => {
    expect(differenceOf([core(base)], [core(base, { eventDigest: KEY })]).differs).toBe('the event');
    expect(differenceOf([core(base)], [core(base, { responseDigest: KEY })]).differs).toBe('the result');
    expect(differenceOf([core(base)], [core(base, { gated: true })]).differs).toBe('the core');
    expect(differenceOf([core(base)], [])).toEqual({ differs: 'cores of 1 and 0 items', isOfState: false });
  });
});

it('a record counts by contract and node who agreed and who was outvoted', () => {
  const record = createReplicaRecord();
  record.note('diamonds', ['compute-1', 'compute-3'], [{ nodeId: 'compute-2', differs: 'the result' }]);
  record.note('diamonds', ['compute-2'], []);
  record.note('asks', ['compute-1'], []);
  expect(record.counts()).toEqual([
    { contract: 'asks', nodeId: 'compute-1', agreed: 1, outvoted: 0 },
    { contract: 'diamonds', nodeId: 'compute-1', agreed: 1, outvoted: 0 },
    { contract: 'diamonds', nodeId: 'compute-2', agreed: 1, outvoted: 1, differs: 'the result' },
    { contract: 'diamonds', nodeId: 'compute-3', agreed: 1, outvoted: 0 },
  ]);
});
