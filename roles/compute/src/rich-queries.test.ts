import { randomBytes } from 'node:crypto';
import { toHex } from '@selvedge/crypto';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { contentGuardKey, GuardKind, RequestKind } from '@selvedge/protocol';
import { parseDeclaredIndexes } from '@selvedge/rich-query';
import { verifySetStatement } from '@selvedge/set-digest';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CertifiedNode, placeOf } from '@selvedge/tee-node/testing';
import { buildRequest } from './client.test.support.js';
import { createTestNode } from './node.test.support.js';
import type { StateCalls, StateQuery, StateQueryResult } from './ports.js';
import { bytes, calls, createSubmitter, plain, type Submitter } from './submit.test.support.js';

let net: TestConsortium;
let certified: CertifiedNode;
let on: Submitter;

beforeAll(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode();
});
const stone = (color: string, size: number): string => JSON.stringify({ type: 'stone', color, size });

beforeEach(() => {
  net.setContractPolicy({
    datasets: [
      { name: '', ownerSet: 'houses', contentGuard: true },
      { name: 'sealed', ownerSet: 'houses', contentGuard: true, members: ['AuroraMSP'], memberOnlyRead: true },
    ],
  });
  on = createSubmitter(net, certified, net.organisation('AuroraMSP').client.signer);
  on.store('a', stone('blue', 1));
  on.store('b', stone('red', 3));
  on.store('\x00stone\x00ruby\x001\x00', stone('red', 2));
  on.store('\x00offer\x00ruby\x00', 'no JSON');
  on.store('s', stone('red', 9), 'sealed');
});
afterEach(() => {
  net.restore();
});

const RED = JSON.stringify({ selector: { color: 'red' } });
const find = (state: StateCalls, text: string, page: Partial<StateQuery> = {}, dataset = ''): ReturnType<StateCalls['query']> => state.query(dataset, { text, pageSize: undefined, bookmark: '', ...page });
const keysOf = ({ entries }: StateQueryResult): string[] => entries.map(({ key }) => key);

/** Evaluates one query. */
async function evaluate(text: string, page: Partial<StateQuery> = {}, dataset = ''): Promise<StateQueryResult> {
  let found: StateQueryResult | undefined;
  const run = calls(async (state) => { found = await find(state, text, page, dataset); });
  const { response } = await on.submit(run, { body: { kind: RequestKind.EVALUATE } });
  if (found === undefined) throw new Error(`${response.refusal?.code ?? ''} ${response.message}`);
  return found;
}

describe('a rich query', () => {
  it('sees the documents of all object types, by the bytes of their keys, and no value that is none', async () => {
    expect(keysOf(await evaluate('{"selector":{}}'))).toEqual(['\x00stone\x00ruby\x001\x00', 'a', 'b']);
  });

  it('gives whole documents as they are stored, and chosen fields as JSON', async () => {
    const [whole] = (await evaluate('{"selector":{"size":3}}')).entries;
    expect(Buffer.from(whole!.value).toString()).toBe(stone('red', 3));
    const [chosen] = (await evaluate('{"selector":{"size":3},"fields":["size","color","_id"]}')).entries;
    expect(Buffer.from(chosen!.value).toString()).toBe('{"color":"red","size":3}');
  });

  it('sorts by an index that the package declares, for that dataset alone', async () => {
    on.test.indexes = parseDeclaredIndexes([{ path: 'META-INF/statedb/couchdb/indexes/size.json', text: '{"index":{"fields":["size"]}}' }]);
    const sorted = '{"selector":{"type":"stone"},"sort":[{"size":"desc"}]}';
    expect(keysOf(await evaluate(sorted))).toEqual(['b', '\x00stone\x00ruby\x001\x00', 'a']);
    await expect(evaluate(sorted, {}, 'sealed')).rejects.toThrow();
    on.test.indexes = new Map();
    await expect(evaluate(sorted)).rejects.toThrow();
  });

  it('goes on from page to page', async () => {
    const first = await evaluate(RED, { pageSize: 1 });
    expect(keysOf(first)).toEqual(['\x00stone\x00ruby\x001\x00']);
    const second = await evaluate(RED, { pageSize: 1, bookmark: first.bookmark });
    expect(keysOf(second)).toEqual(['b']);
    expect(keysOf(await evaluate(RED, { pageSize: 1, bookmark: second.bookmark }))).toEqual([]);
  });

  it('of a collection obeys its membership rules', async () => {
    expect(keysOf(await evaluate(RED, {}, 'sealed'))).toEqual(['s']);
    on = createSubmitter(net, certified, net.organisation('BorealisMSP').client.signer);
    const { response } = await on.submit(calls((state) => find(state, RED, {}, 'sealed')), { body: { kind: RequestKind.EVALUATE } });
    expect(response.refusal).toMatchObject({ code: 'DATASET_ACCESS_DENIED' });
  });

  it('costs no more than the node allows', async () => {
    const test = createTestNode({ net, certified, business: [on.business], options: { maxQueryWork: 2 } });
    test.chaincode = calls((state) => find(state, RED));
    const request = buildRequest(on.client, { body: { kind: RequestKind.EVALUATE } });
    expect(request.open(await test.execute(request)).refusal).toMatchObject({ code: 'CHAINCODE_LIMIT', message: expect.stringContaining('comparisons of rich queries: at most 2 allowed') as string });
  });

  it('ends with its request', async () => {
    for (let index = 0; index < 300; index += 1) on.store(`k${String(index)}`, stone('grey', index));
    const aborter = new AbortController();
    on.test.chaincode = calls((state) => {
      const running = find(state, RED);
      aborter.abort();
      return running;
    });
    const request = buildRequest(on.client, { body: { kind: RequestKind.EVALUATE } });
    await expect(on.test.execute(request, aborter.signal).then((sealed) => request.open(sealed).refusal?.code)).resolves.toBe('CANCELLED');
  });
});

describe('a rich query in a transaction that writes', () => {
  const paintRed = calls(async (state) => {
    for (const key of keysOf(await find(state, RED))) await state.putState('', key, bytes(stone('green', 1)));
  });

  it('records the content guard and each entry that it found, not those that it only looked at', async () => {
    const txId = randomBytes(32);
    const guardKey = contentGuardKey(net.contract, '');
    on.business.setGuard('houses', '', guardKey, txId);
    const { section, targetData } = await on.submit(paintRed);
    const statements = targetData!.attachments!.statements.map((statement) => verifySetStatement(statement, net.profile).digest);
    expect(statements.map((digest) => [digest.count, digest.datasetTag.length, toHex(digest.guardTxId)])).toEqual([0, 1, 2].map(() => [4n, 0, toHex(txId)]));
    expect(plain(section.guardsRead)).toMatchObject([{ ownerSet: 'houses', dataset: '', kind: GuardKind.CONTENT, guardKey: toHex(guardKey), txId: toHex(txId) }]);
    const found = ['b', '\x00stone\x00ruby\x001\x00'].map((key) => toHex(placeOf(net, '', key).ledgerKey));
    expect(section.reads.map((read) => toHex(read.ledgerKey)).sort()).toEqual(found.sort());
    // What is updated is in the read set as present: no membership guard.
    expect(plain(section.guardsWritten)).toMatchObject([{ kind: GuardKind.CONTENT, guardKey: toHex(guardKey) }]);
  });

  it('records the entries of its page alone', async () => {
    const { section } = await on.submit(calls((state) => find(state, RED, { pageSize: 1 })));
    expect(section.reads).toHaveLength(1);
    expect(section.guardsRead).toHaveLength(1);
  });

  it('is refused where the dataset keeps no content guard; without writes, and evaluated, it is not', async () => {
    net.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses' }] });
    const { response } = await on.submit(paintRed);
    expect(response.refusal).toMatchObject({ code: 'CHAINCODE_UNSUPPORTED', message: expect.stringContaining('keeps no content guard') as string });
    expect((await on.submit(calls((state) => find(state, RED)))).section.guardsRead).toEqual([]);
    expect((await on.submit(paintRed, { body: { kind: RequestKind.EVALUATE } })).response.refusal).toBeUndefined();
  });
});
