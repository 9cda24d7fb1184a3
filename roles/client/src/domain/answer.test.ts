import { randomBytes } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { createTestConsortium, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { parseMessage, RequestKind, SealedResponseSchema, encodeMessage, LIMITS, TargetDataSchema, type SealedResponse } from '@selvedge/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { executeRequest, type FakeAnswer } from '../testdata/fake-compute.js';
import { createRequest } from '../testdata/requests.js';
import { openEvaluateAnswer, openSubmitAnswer } from './answer.js';
import type { BuiltRequest } from './request.js';

let consortium: TestConsortium;
let node: TestComputeNode;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode({ binding: { nodeId: 'compute-1' } });
});

const submit = (): BuiltRequest => createRequest(consortium, RequestKind.SUBMIT);
const answer = (request: BuiltRequest, change: FakeAnswer = {}): Promise<SealedResponse> => executeRequest(consortium, node, request.sealed, change);
const codeOf = (open: () => unknown): string => {
  try {
    open();
    return 'accepted';
  } catch (error) {
    return error instanceof SelvedgeError ? error.code : `foreign: ${String(error)}`;
  }
};
const submitCode = async (change: FakeAnswer): Promise<string> => {
  const request = submit();
  const sealed = await answer(request, change);
  return codeOf(() => openSubmitAnswer(request, sealed));
};

describe('openEvaluateAnswer', () => {
  it('gives the chaincode’s payload', async () => {
    const request = createRequest(consortium, RequestKind.EVALUATE, ['price', 'stone-1']);
    const { response, nodeId } = openEvaluateAnswer(request, await answer(request));
    expect(Buffer.from(response.payload).toString()).toBe('price(stone-1)');
    expect(nodeId).toBe('compute-1');
  });

  it('gives the chaincode’s own text to the caller, as Fabric words it', async () => {
    const request = createRequest(consortium, RequestKind.EVALUATE, ['fail', 'stone-9']);
    const sealed = await answer(request);
    expect(() => openEvaluateAnswer(request, sealed)).toThrow(
      expect.objectContaining({ code: 'CHAINCODE_ERROR', role: 'compute', message: 'chaincode response 500, the key stone-9 does not exist' }),
    );
  });

  it('takes a status of 399 for success and 400 for an error', async () => {
    const request = createRequest(consortium, RequestKind.EVALUATE, ['f']);
    const [fine, wrong] = [await answer(request, { response: { status: 399 } }), await answer(request, { response: { status: 400 } })];
    expect(codeOf(() => openEvaluateAnswer(request, fine))).toBe('accepted');
    expect(codeOf(() => openEvaluateAnswer(request, wrong))).toBe('CHAINCODE_ERROR');
  });

  it('passes on a refusal with its code and role', async () => {
    const request = createRequest(consortium, RequestKind.EVALUATE, ['f']);
    const sealed = await answer(request, { response: { status: 500, refusal: { code: 'STATE_UNAVAILABLE', role: 'compute', message: 'no owner answered', action: '' } } });
    expect(() => openEvaluateAnswer(request, sealed)).toThrow(expect.objectContaining({ code: 'STATE_UNAVAILABLE', role: 'compute' }));
  });

  it('is not taken for confirmed where too few organisations are said to have done so', async () => {
    const request = createRequest(consortium, RequestKind.EVALUATE, ['f'], { confirmQuorum: 2 });
    const confirmedBy = async (...mspIds: string[]): Promise<string> => {
      const sealed = await answer(request, { response: { status: 200, confirmation: { height: 7n, mspIds } } });
      return codeOf(() => openEvaluateAnswer(request, sealed));
    };
    expect(await confirmedBy('EastMSP', 'NorthMSP')).toBe('accepted');
    expect(await confirmedBy('EastMSP', 'EastMSP')).toBe('STATE_UNCONFIRMED');
    const silent = await answer(request);
    expect(codeOf(() => openEvaluateAnswer(request, silent))).toBe('STATE_UNCONFIRMED');
  });

  it('cannot open another request’s answer', async () => {
    const [request, other] = [createRequest(consortium, RequestKind.EVALUATE, ['f']), createRequest(consortium, RequestKind.EVALUATE, ['f'])];
    const sealed = await answer(other);
    expect(codeOf(() => openEvaluateAnswer(request, sealed))).toBe('DECRYPT_FAILED');
  });
});

describe('openSubmitAnswer', () => {
  it('accepts genuine target data', async () => {
    const request = submit();
    const { targetData, cores, response } = openSubmitAnswer(request, await answer(request));
    expect(targetData.attachments?.packets).toHaveLength(1);
    expect(toHex(cores[0]!.txId)).toBe(toHex(request.txId));
    expect(Buffer.from(response.payload).toString()).toBe('price(stone-1)');
  });

  it('refuses a response that is not the one that the TEE signed', async () => {
    expect(await submitCode({ response: { status: 200, payload: Buffer.from('9') }, signedResponse: { status: 200, payload: Buffer.from('8') } })).toBe('RESPONSE_DIGEST_MISMATCH');
  });

  it('puts the sealed names of legacy keys where endorsers look for them, and takes no others', async () => {
    const key = 'stone-1';
    const read = { targetData: { reads: [{ key, legacyValueHash: new Uint8Array(0) }] } };
    const request = submit();
    const sealed = await answer(request, read);
    expect(Buffer.from(encodeMessage(SealedResponseSchema, sealed)).includes(key)).toBe(false);
    const { targetData, response } = openSubmitAnswer(request, sealed);
    expect([targetData.attachments?.legacyKeys.map((name) => Buffer.from(name).toString()), response.legacyKeys]).toEqual([[key], []]);
    const name = Buffer.from(key);
    for (const legacyKeys of [[], [Buffer.from('stone-2')], [name, name], [name, Buffer.from('stone-2')]]) expect(await submitCode({ ...read, legacyKeys })).toBe('TARGET_DATA_INCONSISTENT');
    expect(await submitCode({ legacyKeys: [name] })).toBe('TARGET_DATA_INCONSISTENT');
    sealed.targetData!.attachments!.legacyKeys = [name, Buffer.from('in the clear')];
    expect(openSubmitAnswer(request, sealed).targetData.attachments?.legacyKeys).toHaveLength(1);
  });

  it('does not mind the height of the node’s view', async () => {
    expect(await submitCode({ response: { status: 200, viewHeight: 9n }, signedResponse: { status: 200, viewHeight: 4n } })).toBe('accepted');
  });

  it('refuses target data that was signed for another request', async () => {
    expect(await submitCode({ targetData: { changeCore: (core) => { core.requestDigest = new Uint8Array(randomBytes(32)); } } })).toBe('RESPONSE_DIGEST_MISMATCH');
  });

  it('refuses target data of another transaction', async () => {
    expect(await submitCode({ targetData: { changeCore: (core) => { core.txId = new Uint8Array(randomBytes(32)); } } })).toBe('TX_ID_MISMATCH');
  });

  it('refuses target data of another network or channel', async () => {
    expect(await submitCode({ targetData: { changeCore: (core) => { core.network = 'other'; } } })).toBe('WRONG_NETWORK');
    expect(await submitCode({ targetData: { changeCore: (core) => { core.channel = 'other'; } } })).toBe('WRONG_CHANNEL');
  });

  it('refuses target data of another suite, contract or key epoch', async () => {
    expect(await submitCode({ targetData: { changeCore: (core) => { core.suite = 'other'; } } })).toBe('TARGET_DATA_INCONSISTENT');
    expect(await submitCode({ targetData: { changeCore: (core) => { core.timestampSeconds += 1n; } } })).toBe('TARGET_DATA_INCONSISTENT');
    expect(await submitCode({ targetData: { changeCore: (core) => { core.timestampNanos += 1; } } })).toBe('TARGET_DATA_INCONSISTENT');
    expect(await submitCode({ targetData: { changeCore: (core) => { core.sections[0]!.contract = 'other'; } } })).toBe('TARGET_DATA_INCONSISTENT');
    expect(await submitCode({ targetData: { changeCore: (core) => { core.sections[0]!.keyEpoch = 9n; } } })).toBe('TARGET_DATA_INCONSISTENT');
  });

  it('refuses packets that are not those of the write set', async () => {
    expect(await submitCode({ targetData: { changeSigned: (targetData) => { targetData.attachments!.packets = []; } } })).toBe('PACKET_MISMATCH');
    expect(await submitCode({ targetData: { changeSigned: (targetData) => { targetData.attachments!.packets.push(new Uint8Array(8)); } } })).toBe('PACKET_MISMATCH');
  });

  it('refuses target data of more than one request', async () => {
    const [request, other] = [submit(), submit()];
    const [sealed, { targetData: others }] = [await answer(request), await answer(other)];
    sealed.targetData!.cores.push(others!.cores[0]!);
    expect(codeOf(() => openSubmitAnswer(request, sealed))).toBe('TARGET_DATA_INCONSISTENT');
  });

  it('refuses an answer without target data', async () => {
    expect(await submitCode({ omitTargetData: true })).toBe('TARGET_DATA_INCONSISTENT');
    const request = submit();
    const evaluate = await answer(request, { response: { status: 200 } });
    delete evaluate.targetData;
    expect(codeOf(() => openSubmitAnswer(request, evaluate))).toBe('DECRYPT_FAILED');
    expect(await submitCode({ response: { status: 200 }, changeSealed: (sealed) => { sealed.targetData = create(TargetDataSchema, {}); } })).toMatch(/DECRYPT_FAILED|MALFORMED_MESSAGE/);
  });

  it('refuses target data of another answer: the response binds its own', async () => {
    const [request, other] = [submit(), submit()];
    const [sealed, foreign] = [await answer(request), await answer(other)];
    expect(codeOf(() => openSubmitAnswer(request, { ...sealed, ...(foreign.targetData === undefined ? {} : { targetData: foreign.targetData }) }))).toBe('DECRYPT_FAILED');
  });

  it('refuses an answer under another node’s name', async () => {
    const request = submit();
    const sealed = await answer(request);
    expect(codeOf(() => openSubmitAnswer(request, { ...sealed, nodeId: 'compute-2' }))).toBe('DECRYPT_FAILED');
  });

  it('never accepts an answer in which any byte was changed, and never throws anything but a refusal', async () => {
    const request = submit();
    const genuine = encodeMessage(SealedResponseSchema, await answer(request));
    const accepted = openSubmitAnswer(request, parseMessage(SealedResponseSchema, genuine, LIMITS.maxMessageBytes));
    fc.assert(
      fc.property(fc.nat({ max: genuine.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = Uint8Array.from(genuine);
        bytes[at]! ^= flip;
        let result;
        try {
          result = openSubmitAnswer(request, parseMessage(SealedResponseSchema, bytes, LIMITS.maxMessageBytes));
        } catch (error) {
          expect(error).toBeInstanceOf(SelvedgeError);
          return;
        }
        // What no digest covers is the TEE's own signature, which endorsers check.
        expect(result.targetData.cores).toEqual(accepted.targetData.cores);
        expect(result.response).toEqual(accepted.response);
      }),
      { numRuns: 400 },
    );
  });
});
