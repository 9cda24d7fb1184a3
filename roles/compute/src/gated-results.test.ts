import { SelvedgeError } from '@selvedge/errors';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { CoreSchema, encodeMessage, LIMITS, parseCore, parseMessage, ReleasedResultSchema, RequestBodySchema, RequestKind, ResponseSchema, ResultAskedSchema, SignedRequestSchema, targetDigest, type Response } from '@selvedge/protocol';
import { eventDigest, openGatedResult, responseDigest } from '@selvedge/sealed-objects';
import { heldKeysOf, sealTestPacket, viewOf, type CertifiedNode } from '@selvedge/tee-node/testing';
import { toHex } from '@selvedge/crypto';
import { facts } from '@selvedge/policy';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildRequest, type RequestChange } from './client.test.support.js';
import type { TestChaincode } from './node.test.support.js';
import { bytes, createSubmitter, text, type Run, type Submitter } from './submit.test.support.js';

const NO_MASK = new Uint8Array(0);
const close: RequestChange = { body: { args: [bytes('close')] } };
const GATE = { gatedFunctions: ['close'], gateOrganisations: ['NorthMSP', 'SouthMSP'], gateQuorum: 2 };

let net: TestConsortium;
let certified: CertifiedNode;
let on: Submitter;

/** Tells the highest bid, as the state has it. */
const winner: TestChaincode = async (state) => ({ payload: (await state.getState('', 'highest')) ?? bytes('nobody') });

beforeAll(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode();
});
beforeEach(() => {
  net.setContractPolicy(GATE);
  on = createSubmitter(net, certified, net.organisation('AuroraMSP').client.signer);
});

const coreOf = (run: Run): Uint8Array => run.targetData!.cores[0]!;
const digestOf = (run: Run): Uint8Array => targetDigest([coreOf(run)], NO_MASK);
const bodyOf = ({ request }: Run) => parseMessage(RequestBodySchema, parseMessage(SignedRequestSchema, request.signedRequest, LIMITS.maxRequestBytes).body, LIMITS.maxRequestBytes);
const askFor = async (argument: Uint8Array, change: RequestChange = {}): Promise<Response> => {
  const request = buildRequest(on.client, { ...change, body: { kind: RequestKind.RELEASE_RESULT, args: [argument], ...change.body } });
  return request.open(await on.test.execute(request));
};
const askedFor = (run: Run, core = coreOf(run)): Uint8Array => encodeMessage(ResultAskedSchema, { core, nonce: bodyOf(run).nonce });
const release = (run: Run, change?: RequestChange): Promise<Response> => askFor(askedFor(run), change);
const openWith = ({ response, core, targetData }: Run, key: Uint8Array): string => {
  const opened = openGatedResult({ core, coreDigest: targetDigest([targetData!.cores[0]!], NO_MASK), resultKey: key, box: response.gatedResult });
  return text(parseMessage(ResponseSchema, opened, LIMITS.maxMessageBytes).payload)!;
};
/** This run's core alone is committed. */
const commit = (committed: Run): void => {
  on.test.confirm = ({ txId, coreDigest }, gate) => {
    expect(gate).toEqual({ organisations: GATE.gateOrganisations, quorum: GATE.gateQuorum });
    const isSame = toHex(txId) === toHex(committed.core.txId) && toHex(coreDigest) === toHex(digestOf(committed));
    return isSame ? Promise.resolve() : Promise.reject(new SelvedgeError('RESULT_OF_ANOTHER_EXECUTION', 'another core'));
  };
};

describe('a gated function', () => {
  it('answers with a box alone, and its core says so', async () => {
    on.store('highest', '4711');
    const run = await on.submit(winner, close);
    expect(run.core.gated).toBe(true);
    expect(run.response).toMatchObject({ status: 200, message: '', payload: new Uint8Array(0) });
    expect(run.response.refusal).toBeUndefined();
    expect(run.response.event).toBeUndefined();
    expect(run.response.gatedResult.length).toBeGreaterThan(0);
    const clear = Buffer.from(encodeMessage(ResponseSchema, run.response)).toString('latin1');
    expect(clear).not.toContain('4711');
  });

  it('is gated under the name of its contract class too', async () => {
    expect((await on.submit(winner, { body: { args: [bytes('Auction:close')] } })).core.gated).toBe(true);
    expect((await on.submit(winner, { body: { args: [bytes('bid')] } })).core.gated).toBe(false);
  });

  it('is no query, and needs a gate', async () => {
    expect((await on.submit(winner, { body: { kind: RequestKind.EVALUATE, args: [bytes('close')] } })).response.refusal?.code).toBe('RESULT_GATED');
    net.setContractPolicy({ gatedFunctions: ['close'], gateOrganisations: [], gateQuorum: 0 });
    on = createSubmitter(net, certified, net.organisation('AuroraMSP').client.signer);
    expect((await on.submit(winner, close)).response.refusal?.code).toBe('RESULT_GATE_UNSET');
  });

  it('has a digest that its own client cannot guess the result against, and that differs on other state', async () => {
    const digests = new Set<string>();
    const nonce = new Uint8Array(24).fill(7);
    for (const other of ['a', 'b', 'c']) {
      on.store('other', other);
      const run = await on.submit(async (state) => { await state.getState('', 'other'); return { payload: bytes('same') }; }, { body: { args: [bytes('close')], nonce } });
      digests.add(toHex(run.core.responseDigest));
      for (const payload of ['same', 'other']) {
        const guess = encodeMessage(ResponseSchema, { status: 200, payload: bytes(payload) });
        expect(toHex(responseDigest(run.core.suite, run.request.transactionKey, guess))).not.toBe(toHex(run.core.responseDigest));
        expect(toHex(eventDigest(run.core.suite, run.request.transactionKey, guess))).not.toBe(toHex(run.core.responseDigest));
      }
    }
    expect(digests.size).toBe(3);
  });

  it('shows that it failed, and nothing of why', async () => {
    const failures: TestChaincode[] = [
      () => Promise.resolve({ status: 500, message: 'the highest bid is 4711' }),
      () => Promise.resolve({ status: 418, message: 'short' }),
      () => Promise.reject(new SelvedgeError('CHAINCODE_TIMEOUT', '4711')),
      () => Promise.reject(new SelvedgeError('CHAINCODE_NETWORK_REFUSED', '4711')),
      () => Promise.reject(new SelvedgeError('FEATURE_UNSUPPORTED', '4711')),
      async (state) => { await state.putState('', 'k', new Uint8Array(5 * 1024 * 1024)); return {}; },
    ];
    const answers = [];
    for (const failure of failures) {
      const { response, targetData } = await on.submit(failure, close);
      expect(targetData).toBeUndefined();
      answers.push(toHex(encodeMessage(ResponseSchema, response)));
      expect(response.status).toBe(500);
    }
    expect(new Set(answers).size).toBe(1);
  });

  it('passes on what is of the network’s making, without its text', async () => {
    const { response } = await on.submit(() => Promise.reject(new SelvedgeError('STATE_UNAVAILABLE', 'of bid 4711')), close);
    expect(response.refusal?.code).toBe('STATE_UNAVAILABLE');
    expect(response.refusal?.message).not.toContain('4711');
  });

  it('sets no event', async () => {
    const { response } = await on.submit(() => Promise.resolve({ event: { name: 'Closed', payload: bytes('4711') } }), close);
    expect(response.refusal).toMatchObject({ code: 'FEATURE_UNSUPPORTED', message: expect.stringContaining('setEvent') as string });
  });
});

describe('what else touches a contract with gated functions', () => {
  const read: RequestChange = { body: { kind: RequestKind.EVALUATE, args: [bytes('read')] } };

  it.each<readonly [string, RequestChange]>([['a query', read], ['an update', { body: { args: [bytes('bid')] } }]])('answers %s only when what it read is confirmed', async (_, change) => {
    on.store('highest', '4711');
    expect(text((await on.submit(winner, change)).response.payload)).toBe('4711');
    for (const follower of on.test.followers) follower.failure = new SelvedgeError('UNAVAILABLE', 'away');
    const { response, targetData } = await on.submit(winner, change);
    expect(response.refusal?.code).toBe('STATE_UNCONFIRMED');
    expect([response.payload.length, targetData]).toEqual([0, undefined]);
    // A gated function's result is not opened unless it commits, which is confirmation enough.
    expect((await on.submit(winner, close)).core.gated).toBe(true);
  });

  it.each<readonly [string, RequestChange]>([['a query', read], ['an update', { body: { args: [bytes('bid')] } }]])('does not show %s what a business node serves before it is committed', async (_, change) => {
    on.store('highest', '1');
    const { bytes: packet } = sealTestPacket(net, { key: 'highest', value: '4711' });
    on.business.tamper = (answer) => ({ ...answer, points: answer.points.map((point) => ({ ...point, present: true, packet })) });
    const { response, targetData } = await on.submit(winner, change);
    expect(response.refusal?.code).toBe('STATE_ROLLED_BACK');
    expect([response.payload.length, targetData]).toEqual([0, undefined]);
  });

  it('of a contract without them is answered as ever', async () => {
    net.setContractPolicy({ gatedFunctions: [], gateOrganisations: [], gateQuorum: 0 });
    on = createSubmitter(net, certified, net.organisation('AuroraMSP').client.signer);
    for (const follower of on.test.followers) follower.failure = new SelvedgeError('UNAVAILABLE', 'away');
    on.store('highest', '4711');
    expect(text((await on.submit(winner, read)).response.payload)).toBe('4711');
  });
});

describe('a gated result', () => {
  it('is released to its creator when its core is committed, and opens', async () => {
    on.store('highest', '4711');
    const run = await on.submit(winner, close);
    expect((await release(run)).refusal?.code).toBe('RESULT_NOT_COMMITTED');
    commit(run);
    const { resultKey } = parseMessage(ReleasedResultSchema, (await release(run)).payload, 1_000);
    expect(openWith(run, resultKey)).toBe('4711');
  });

  it('is the only one that opens of 1,000 executions, of this and other requests, on varied state', { timeout: 120_000 }, async () => {
    const nonce = new Uint8Array(24).fill(3);
    const runs: { run: Run; result: string }[] = [];
    for (let i = 0; i < 1_000; i += 1) {
      const bid = String(i % 50);
      on.store('highest', bid);
      runs.push({ run: await on.submit(winner, { body: { args: [bytes('close')], ...(i % 2 === 0 ? { nonce } : {}) } }), result: bid });
    }
    const chosen = runs[500]!;
    commit(chosen.run);
    const keys: Uint8Array[] = [];
    for (const { run } of runs) {
      const { payload, refusal } = await release(run);
      if (refusal === undefined) keys.push(parseMessage(ReleasedResultSchema, payload, 1_000).resultKey);
      else expect(refusal.code).toBe('RESULT_OF_ANOTHER_EXECUTION');
    }
    // The attacker tries each key on each box, and guesses the digests of every possible result.
    const opened = new Set<string>();
    for (const { run } of runs) {
      for (const key of keys) {
        try {
          openWith(run, key);
          opened.add(toHex(digestOf(run)));
        } catch {
          // As it should be.
        }
      }
    }
    expect(keys.map(toHex)).toEqual([toHex(keys[0]!)]);
    expect([...opened]).toEqual([toHex(digestOf(chosen.run))]);
    expect(openWith(chosen.run, keys[0]!)).toBe(chosen.result);
    for (const { run } of runs) {
      const guesses = Array.from({ length: 50 }, (_, bid) => encodeMessage(ResponseSchema, { status: 200, payload: bytes(String(bid)) }));
      expect(guesses.some((guess) => toHex(responseDigest(run.core.suite, run.request.transactionKey, guess)) === toHex(run.core.responseDigest))).toBe(false);
    }
    // Equal answers on other state, other requests or other reads have digests of their own.
    expect(new Set(runs.map(({ run }) => toHex(run.core.responseDigest))).size).toBe(new Set(runs.map(({ run }) => toHex(digestOf(run)))).size);
  });

  it('is for who made the request, with its nonce', async () => {
    const run = await on.submit(winner, close);
    commit(run);
    expect((await release(run, { signer: net.organisation('BorealisMSP').client.signer })).refusal?.code).toBe('RESULT_NOT_THE_CREATORS');
    const askWith = (nonce: Uint8Array): Promise<Response> => askFor(encodeMessage(ResultAskedSchema, { core: coreOf(run), nonce }));
    expect((await askWith(new Uint8Array(24))).refusal?.code).toBe('RESULT_NOT_THE_CREATORS');
    expect((await askWith(new Uint8Array(23))).refusal?.code).toBe('MALFORMED_MESSAGE');
  });

  it('is of a gated core of this contract, network and channel', async () => {
    const plain = await on.submit(winner, { body: { args: [bytes('bid')] } });
    on.test.confirm = () => Promise.resolve();
    expect((await release(plain)).refusal?.code).toBe('TARGET_DATA_INCONSISTENT');
    const run = await on.submit(winner, close);
    const changed = async (change: (core: ReturnType<typeof parseCore>) => void): Promise<string | undefined> => {
      const core = parseCore(coreOf(run));
      change(core);
      return (await askFor(askedFor(run, encodeMessage(CoreSchema, core)))).refusal?.code;
    };
    expect(await changed((core) => { core.network = 'elsewhere'; })).toBe('WRONG_NETWORK');
    expect(await changed((core) => { core.channel = 'elsewhere'; })).toBe('WRONG_CHANNEL');
    expect(await changed((core) => { core.sections[0]!.contract = 'elsewhere'; })).toBe('TARGET_DATA_INCONSISTENT');
    expect(await changed((core) => { core.sections[0]!.keyEpoch = 9n; })).toBe('NOT_READY');
    expect(await changed(() => undefined)).toBeUndefined();
  });

  it('of a revoked key epoch stays shut', async () => {
    const run = await on.submit(winner, close);
    commit(run);
    const revoked = facts.revokedEpoch(net.contract, 1n);
    const before = viewOf(net);
    // The request itself is under a newer epoch.
    on.test.view = { ...viewOf(net), fact: (key) => (key === revoked ? Uint8Array.of(1) : key === facts.epoch(net.contract, 2n) ? before.fact(facts.epoch(net.contract, 1n)) : before.fact(key)) };
    on.test.keys = heldKeysOf(net, certified, [1n, 2n]);
    expect((await release(run, { body: { keyEpoch: 2n } })).refusal?.code).toBe('RESULT_KEY_REVOKED');
  });

  it.each<readonly [string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['noise', Uint8Array.of(255, 255, 3)],
    ['a core that is none', encodeMessage(ResultAskedSchema, { core: Uint8Array.of(1, 2, 3), nonce: new Uint8Array(24) })],
    ['no core', encodeMessage(ResultAskedSchema, { nonce: new Uint8Array(24) })],
  ])('is not released for %s', async (_, argument) => {
    expect((await askFor(argument)).refusal?.code).toMatch(/MALFORMED_MESSAGE|UNSUPPORTED_VERSION/);
  });

  it('is asked for with one argument', async () => {
    const run = await on.submit(winner, close);
    expect((await release(run, { body: { args: [] } })).refusal?.code).toBe('MALFORMED_MESSAGE');
    expect((await release(run, { body: { args: [askedFor(run), bytes('more')] } })).refusal?.code).toBe('MALFORMED_MESSAGE');
  });
});
