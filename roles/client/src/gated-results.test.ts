import { SelvedgeError } from '@selvedge/errors';
import { createTargetData } from '@selvedge/fixtures';
import { CoreSchema, encodeMessage, parseCore, ReleasedResultSchema, RequestKind, ResponseSchema, ResultAskedSchema, ResultHandleSchema, LIMITS, targetDigest } from '@selvedge/protocol';
import { blankCore, gatedDigestKey, gatedResponseDigest, resultKey, sealGatedResult } from '@selvedge/sealed-objects';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Contract } from './contract.js';
import type { Gateway } from './gateway.js';
import { executeRequest, openRequest, type FakeAnswer } from './testdata/fake-compute.js';
import { createFakeNetwork, type FakeNetwork } from './testdata/fake-network.js';

const gateKey = new Uint8Array(32).fill(8);
const nonce = new Uint8Array(24).fill(1);
const NO_MASK = new Uint8Array(0);

let network: FakeNetwork;
let gateway: Gateway;
let contract: Contract;
beforeEach(async () => {
  network = await createFakeNetwork();
  gateway = network.connect({ limits: { releaseTimeoutMs: 500 } });
  contract = gateway.getNetwork(network.consortium.channel).getContract(network.consortium.contract);
});
afterEach(() => {
  gateway.close();
});

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** A handle as an application keeps it, and the key that opens it. */
function makeHandle(payload: string): { handle: Uint8Array; key: Uint8Array; core: Uint8Array } {
  const { consortium, nodes } = network;
  const targetData = createTargetData({ consortium, nodes: [nodes[0]!], changeCore: (core) => { core.gated = true; } });
  const core = parseCore(targetData.cores[0]!);
  const response = encodeMessage(ResponseSchema, { status: 200, payload: Buffer.from(payload) });
  const digestKey = gatedDigestKey(core.suite, gateKey, blankCore(core), response);
  core.responseDigest = gatedResponseDigest(core.suite, digestKey, response);
  const bytes = encodeMessage(CoreSchema, core);
  const coreDigest = targetDigest([bytes], NO_MASK);
  const gatedResult = sealGatedResult({ suite: core.suite, gateKey, coreDigest, digestKey, response });
  return { handle: encodeMessage(ResultHandleSchema, { core: bytes, nonce, gatedResult }), key: resultKey(core.suite, gateKey, coreDigest), core: bytes };
}

/** Compute nodes that answer questions for results so, and submits of gated functions with a box. */
function answerAs(release: (asked: number) => Uint8Array | SelvedgeError, gated: (node: string) => FakeAnswer = () => gatedAnswer('box')): void {
  let asked = 0;
  network.hooks.execute = (nodeId, _genuine, request) => {
    const { consortium, nodes } = network;
    const node = nodes.find((each) => each.nodeId === nodeId)!;
    const { body } = openRequest(consortium, request);
    if (body.kind !== RequestKind.RELEASE_RESULT) return executeRequest(consortium, node, request, gated(nodeId));
    asked += 1;
    const answer = release(asked);
    if (answer instanceof SelvedgeError) return executeRequest(consortium, node, request, { response: { status: 500, refusal: { code: answer.code, role: 'compute', message: answer.message, action: '' } } });
    return executeRequest(consortium, node, request, { response: { status: 200, payload: encodeMessage(ReleasedResultSchema, { resultKey: answer }) } });
  };
}

const gatedAnswer = (box: string, more: object = {}): FakeAnswer => ({ response: { status: 200, gatedResult: Buffer.from(box), ...more }, targetData: { changeCore: (core) => { core.gated = true; } } });

describe('a result that was kept', () => {
  it('is fetched when statements of its commit have gathered, by core and nonce', async () => {
    const { handle, key, core } = makeHandle('4711');
    const seen: Uint8Array[] = [];
    answerAs((asked) => (asked < 3 ? new SelvedgeError('RESULT_NOT_COMMITTED', 'not yet') : key));
    const { execute } = network.hooks;
    network.hooks.execute = (node, genuine, request) => {
      seen.push(openRequest(network.consortium, request).body.args[0]!);
      return execute!(node, genuine, request);
    };
    expect(text(await contract.fetchResult(handle))).toBe('4711');
    expect(Buffer.from(seen[0]!)).toEqual(Buffer.from(encodeMessage(ResultAskedSchema, { core, nonce })));
  });

  it.each(['GATE_QUORUM_NOT_MET'] as const)('is asked for at another node after %s', async (code) => {
    const { handle, key } = makeHandle('4711');
    answerAs((asked) => (asked === 1 ? new SelvedgeError(code, 'alone') : key));
    expect(text(await contract.fetchResult(handle))).toBe('4711');
  });

  it('says why it is not released, and that it is the release which failed', async () => {
    const { handle } = makeHandle('4711');
    answerAs(() => new SelvedgeError('RESULT_OF_ANOTHER_EXECUTION', 'another core'));
    await expect(contract.fetchResult(handle)).rejects.toMatchObject({ code: 'RESULT_UNRELEASED', cause: { code: 'RESULT_OF_ANOTHER_EXECUTION' } });
    answerAs(() => makeHandle('other').key);
    await expect(contract.fetchResult(handle)).rejects.toMatchObject({ code: 'RESULT_UNRELEASED', cause: { code: 'DECRYPT_FAILED' } });
  });

  it.each<readonly [string, () => Uint8Array]>([
    ['nothing', () => new Uint8Array(0)],
    ['noise', () => Uint8Array.of(255, 255, 255, 1)],
    ['a core that is none', () => encodeMessage(ResultHandleSchema, { core: Uint8Array.of(1, 2), nonce })],
    ['a core that is not gated', () => encodeMessage(ResultHandleSchema, { core: createTargetData({ consortium: network.consortium, nodes: [network.nodes[0]!] }).cores[0]!, nonce })],
    ['too much', () => new Uint8Array(LIMITS.maxMessageBytes + 1)],
  ])('is not fetched with %s', async (_, handle) => {
    await expect(contract.fetchResult(handle())).rejects.toMatchObject({ code: expect.stringMatching(/MALFORMED_MESSAGE|MESSAGE_TOO_LARGE|UNSUPPORTED_VERSION/) as string });
  });
});

describe('a gated function', () => {
  it('has no result before it is released', async () => {
    answerAs(() => new SelvedgeError('RESULT_NOT_COMMITTED', 'not yet'));
    const executed = await contract.newProposal('close').execute();
    expect(() => executed.getResult()).toThrow(expect.objectContaining({ code: 'RESULT_GATED' }));
    expect(executed.getResultHandle()).toBeInstanceOf(Uint8Array);
    const submitted = await (await executed.endorse()).submit();
    await submitted.verifyCommitted();
    expect(() => submitted.getResult()).toThrow(expect.objectContaining({ code: 'RESULT_GATED' }));
    await expect(submitted.awaitResult()).rejects.toMatchObject({ code: 'RESULT_UNRELEASED', cause: { code: 'RESULT_NOT_COMMITTED' } });
  });

  it('is not submitted again when its result is not released; the handle was given before it was ordered', async () => {
    answerAs(() => new SelvedgeError('RESULT_NOT_COMMITTED', 'not yet'));
    const orderedAt: number[] = [];
    const options = { retry: { attempts: 3 }, onResultHandle: () => void orderedAt.push(network.ledger.ordered.length) };
    await expect(contract.submit('close', options)).rejects.toMatchObject({ code: 'RESULT_UNRELEASED' });
    expect(orderedAt).toEqual([0]);
    expect(network.ledger.ordered).toHaveLength(1);
  });

  it('of a node that tells the result beside the box, or seals none, is refused', async () => {
    for (const answer of [gatedAnswer('box', { payload: Buffer.from('4711') }), gatedAnswer('box', { message: '4711' }), gatedAnswer('')]) {
      answerAs(() => new Uint8Array(32), () => answer);
      await expect(contract.newProposal('close').execute()).rejects.toMatchObject({ code: 'TARGET_DATA_INCONSISTENT' });
    }
  });

  it('of replicas that seal different results names them', async () => {
    // Their cores are the same: one box holds what the core's digest is of, the other something else.
    const sameCore: FakeAnswer['targetData'] = { changeCore: (core) => { [core.gated, core.responseDigest] = [true, new Uint8Array(32).fill(7)]; } };
    answerAs(() => new Uint8Array(32), (node) => ({ ...gatedAnswer(node), targetData: sameCore }));
    await expect(contract.newProposal('close', { computeQuorum: 2 }).execute()).rejects.toMatchObject({ code: 'REPLICAS_DISAGREE', message: expect.stringContaining('the sealed result') as string });
  });

  it('needs no handle where it is not gated', async () => {
    const executed = await contract.newProposal('f').execute();
    expect(executed.getResultHandle()).toBeUndefined();
    expect(text(await contract.submit('f', { onResultHandle: () => expect.unreachable() }))).toBe('f()');
  });
});
