import { createPublicKey } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { sha256, toHex } from '@selvedge/crypto';
import { createTestConsortium, TEST_ORGANISATION_MAP, createTestKeyPolicy, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { BatchRequestSchema, LIMITS, parseCores, RequestKind, SealedRequestSchema, teeSigningInput, verifyPacketsMatch, type BatchResponse, type Core } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildRequest, type ClientRequest, type RequestChange } from './client.test.support.js';
import type { TestChaincode } from './node.test.support.js';
import { bytes, createSubmitter, text, type Submitter } from './submit.test.support.js';

let net: TestConsortium;
let certified: TestComputeNode;
let submitter: Submitter;
beforeAll(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode();
});
beforeEach(() => {
  net.setContractPolicy({});
  submitter = createSubmitter(net, certified, net.organisation('AuroraMSP').client.signer);
  submitter.test.chaincode = program;
});
afterEach(() => {
  net.restore();
});

/** add KEY N, put KEY VALUE, echo - VALUE, refuse - VALUE, remove KEY, read KEY, range, all, history KEY, policy KEY, fail, throw. */
const program: TestChaincode = async (state, { args }) => {
  const [name, key = '', value = ''] = args.map((arg) => Buffer.from(arg).toString());
  const payload = async (): Promise<unknown> => {
    switch (name) {
      case 'add': {
        const sum = String(Number(text(await state.getState('', key)) ?? '0') + Number(value));
        await state.putState('', key, bytes(sum));
        return sum;
      }
      case 'put': return state.putState('', key, bytes(value));
      case 'echo': return value;
      case 'refuse': throw new Error(value);
      case 'remove': return state.deleteState('', key);
      case 'range': await state.getRange('', 'a', 'z'); return state.putState('auroraStones', 'n', bytes('1'));
      case 'typed': await state.getRange('', '\x00stone\x00', '\x00stone\x00\u{10ffff}'); return state.putState('auroraStones', 't', bytes('1'));
      case 'all': await state.query('', { text: '{"selector":{}}', pageSize: undefined, bookmark: '' }); return state.putState('auroraStones', 'a', bytes('1'));
      case 'history': await state.getState('', key); return (await state.getHistory(key), undefined);
      case 'policy': return state.setKeyPolicy('', key, createTestKeyPolicy('Org1MSP'));
      case 'fail': throw new Error(text(await state.getState('', key)) ?? 'nothing');
      default: return text(await state.getState('', key));
    }
  };
  try {
    return { payload: bytes(String(await payload())) };
  } catch (error) {
    return { status: 500, message: error instanceof Error ? error.message : '' };
  }
};

interface Ran {
  readonly requests: readonly ClientRequest[];
  readonly answer: BatchResponse;
  readonly cores: readonly Core[];
  /** Payload, chaincode error text or refusal code of each item. */
  readonly results: readonly string[];
}

const ask = (call: string, change: RequestChange = {}): RequestChange => ({ ...change, body: { args: call.split(' ').map(bytes), ...change.body } });
async function run(...asked: (string | RequestChange)[]): Promise<Ran> {
  const requests = asked.map((each) => buildRequest(submitter.client, typeof each === 'string' ? ask(each) : each));
  const answer = await submitter.test.node.executeBatch(create(BatchRequestSchema, { items: requests.map(({ sealed }) => sealed) }), new AbortController().signal);
  const cores = answer.targetData === undefined ? [] : parseCores(answer.targetData.cores, answer.targetData.itemMask);
  let core = 0;
  const results = requests.map((request, i) => {
    const { response, refusal, hasCore } = answer.items[i]!;
    if (response === undefined) return refusal?.code ?? '';
    const opened = request.open(response, hasCore ? answer.targetData?.cores[core] : undefined);
    if (hasCore) core += 1;
    return opened.refusal?.code ?? (opened.status >= 400 ? opened.message : Buffer.from(opened.payload).toString());
  });
  return { requests, answer, cores, results };
}
const readsOf = (core: Core | undefined): string[] => core!.sections[0]!.reads.map(({ packetHash }) => toHex(packetHash));

describe('a batch', () => {
  it('runs in order: later items see what earlier ones wrote, and name it in their read sets', async () => {
    const version = submitter.store('k', '5');
    const { results, cores, answer, requests } = await run('add k 1', 'add k 10', 'read k', 'add other 1');
    expect(results).toEqual(['6', '16', '16', '1']);
    const packets = answer.targetData!.attachments!.packets.map((packet) => toHex(sha256(packet)));
    expect(cores.map(readsOf)).toEqual([[version], [packets[0]], [packets[1]], ['']]);
    expect(cores.map(({ txId }) => toHex(txId))).toEqual(requests.map(({ txId }) => toHex(txId)));
    verifyPacketsMatch(cores, answer.targetData!.attachments!.packets);
  });

  it('has one signature, over all cores', async () => {
    const { answer } = await run('put a 1', 'put b 2');
    const { cores, attachments } = answer.targetData!;
    expect(attachments!.teeSignatures).toHaveLength(1);
    expect(certified.suite.isSignatureValid(createPublicKey(certified.privateKey), teeSigningInput(cores), attachments!.teeSignatures[0]!.signature)).toBe(true);
  });

  it('reads the ledger for all items together', async () => {
    await run(...Array.from({ length: 20 }, (_, i) => `add k${String(i)} 1`));
    expect(submitter.business.queries).toHaveLength(1);
    expect(submitter.business.queries[0]!.points).toHaveLength(20);
  });

  it('lets an item fail by itself, and nobody see what it wrote', async () => {
    const { results, cores } = await run('put k 1', 'fail k', 'add k 1', 'fail none');
    expect(results).toEqual(['undefined', '1', '2', 'nothing']);
    expect(cores).toHaveLength(2);
  });

  it('shows a removed key as absent, and its new value after that', async () => {
    submitter.store('k', '5');
    expect((await run('remove k', 'read k', 'put k 7', 'read k')).results).toEqual(['undefined', 'undefined', 'undefined', '7']);
  });

  it('answers evaluates on the ledger’s state, without a core', async () => {
    submitter.store('k', '5');
    const evaluate = ask('read k', { body: { kind: RequestKind.EVALUATE } });
    const { results, cores } = await run('put k 6', evaluate);
    expect(results).toEqual(['undefined', '5']);
    expect(cores).toHaveLength(1);
    expect((await run(evaluate, evaluate)).answer.targetData).toBeUndefined();
  });

  it('is bounded, and at least one item', async () => {
    const refusedWith = (items: number): Promise<unknown> =>
      submitter.test.node.executeBatch(create(BatchRequestSchema, { items: Array.from({ length: items }, () => create(SealedRequestSchema)) }), new AbortController().signal).catch((error: unknown) => (error as { code: string }).code);
    expect(await refusedWith(0)).toBe('MALFORMED_MESSAGE');
    expect(await refusedWith(LIMITS.maxBatchItems + 1)).toBe('LIMIT_EXCEEDED');
  });

  it('refuses an item that does not open in the clear, and runs the others', async () => {
    const { results, answer } = await run({ header: { epoch: 9n } }, 'put k 1');
    expect(results).toEqual(['ENVELOPE_EPOCH_UNKNOWN', 'undefined']);
    expect(answer.items[0]!.refusal?.role).toBe('compute');
  });

  it('holds a transaction id once', async () => {
    const nonce = new Uint8Array(24).fill(3);
    expect((await run(ask('put k 1', { body: { nonce } }), ask('put k 1', { body: { nonce } }))).results).toEqual(['undefined', 'REQUEST_REPLAYED']);
  });

  it('refuses an item whose creator did not sign it, as by itself', async () => {
    expect((await run(ask('put k 1', { signature: new Uint8Array(64) }), 'put k 1')).results).toEqual(['SIGNATURE_INVALID', 'undefined']);
  });
});

describe('an item is deferred', () => {
  const second = async (first: string | RequestChange, item: string | RequestChange): Promise<string> => (await run(first, item)).results[1]!;

  it('when its range is one that an earlier item has changed', async () => {
    expect(await second('put k 1', 'range')).toBe('BATCH_ITEM_DEFERRED');
    expect(await second('put \x00stone\x00a\x00 1', 'typed')).toBe('BATCH_ITEM_DEFERRED');
    expect(await second('put k 1', 'typed')).toBe('undefined');
    expect(await second('range', 'put k 1')).toBe('undefined');
  });

  it('when it queries a dataset that an earlier item has changed', async () => {
    net.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses', contentGuard: true }, { name: 'auroraStones', ownerSet: 'aurora' }] });
    expect(await second('put k 1', 'all')).toBe('BATCH_ITEM_DEFERRED');
    expect(await second('all', 'put k 1')).toBe('undefined');
  });

  it('when it reads the history of a key that an earlier item writes', async () => {
    expect(await second('put k 1', 'history k')).toBe('BATCH_ITEM_DEFERRED');
  });

  it('when it would rest on another creator’s item, and not when it only writes the same key', async () => {
    const other = net.organisation('BorealisMSP').client.signer;
    expect(await second(ask('put k 1', { signer: other }), 'read k')).toBe('BATCH_ITEM_DEFERRED');
    expect(await second(ask('put k 1', { signer: other }), 'put k 2')).toBe('undefined');
    expect((await run(ask('put k 1', { signer: other }), 'put k 2', 'read k')).results).toEqual(['undefined', 'undefined', '2']);
  });

  it('when it touches a key whose own policy an earlier item has set or ended', async () => {
    net.setContractPolicy({ organisationMap: TEST_ORGANISATION_MAP });
    submitter.store('k', '1');
    for (const item of ['read k', 'put k 2']) {
      expect(await second('policy k', item)).toBe('BATCH_ITEM_DEFERRED');
      expect(await second('remove k', item)).toBe('BATCH_ITEM_DEFERRED');
    }
    expect(await second('put k 3', 'read k')).toBe('3');
  });

  it('when it asks for a result', async () => {
    expect((await run(ask('echo - 1', { body: { kind: RequestKind.RELEASE_RESULT } }))).results).toEqual(['BATCH_ITEM_DEFERRED']);
  });

  it('when its contract has gated functions', async () => {
    net.setContractPolicy({ gatedFunctions: ['reveal'] });
    expect((await run('put k 1')).results).toEqual(['BATCH_ITEM_DEFERRED']);
  });

  it('when what it reads is to be confirmed', async () => {
    expect((await run({ body: { kind: RequestKind.EVALUATE, confirmQuorum: 2, args: ['get', 'k'].map((arg) => Buffer.from(arg)) } })).results).toEqual(['BATCH_ITEM_DEFERRED']);
  });

  it('when the batch is full', async () => {
    const large = 'x'.repeat(3 * 1024 * 1024);
    expect((await run(`put a ${large}`, `put b ${large}`, `put c ${large}`, 'put d 1')).results).toEqual(['undefined', 'undefined', 'BATCH_ITEM_DEFERRED', 'undefined']);
  });

  it.each(['echo', 'refuse'])('when the answers are too large together (%s): what does not fit leaves nothing behind, what fits goes on', async (call) => {
    const large = 'x'.repeat(3 * 1024 * 1024);
    const { results, cores } = await run('put d 1', `${call} - ${large}`, `${call} - ${large}`, `${call} - ${large}`, 'add d 1');
    expect(results.map((result) => (result.length > 100 ? 'large' : result))).toEqual(['undefined', 'large', 'large', 'BATCH_ITEM_DEFERRED', '2']);
    expect(cores).toHaveLength(call === 'echo' ? 4 : 2);
  });

  it('when the answers of queries are too large together', async () => {
    const query = (value: string): RequestChange => ask(`echo - ${value}`, { body: { kind: RequestKind.EVALUATE } });
    const large = 'x'.repeat(3 * 1024 * 1024);
    expect((await run(query(large), query(large), query(large), query('1'))).results.map((result) => (result.length > 100 ? 'large' : result))).toEqual(['large', 'large', 'BATCH_ITEM_DEFERRED', '1']);
  });
});
