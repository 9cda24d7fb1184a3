import { create } from '@bufbuild/protobuf';
import { createDevelopmentPlatform, createSimulatedAttester } from '@selvedge/attestation';
import { sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { BatchRequestSchema, encodeMessage, parseCore, RequestKind, TargetDataSchema, type PointRead, type StateAnswer, type TargetData } from '@selvedge/protocol';
import { createReaderChannels, type StateFetcherOptions } from '@selvedge/tee-node';
import { createFakeBusinessNode, createFakeKeeper, sealTestPacket, viewOf, type CertifiedNode, type FakeBusinessNode, type FakeKeeper } from '@selvedge/tee-node/testing';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildRequest } from './client.test.support.js';
import { createKeptPoints, type KeptPoints } from './domain/kept-points.js';
import { createTestNode, type TestChaincode, type TestNode } from './node.test.support.js';
import { bytes, calls, clientOf, text } from './submit.test.support.js';

const [OLD, KEY, VALUE] = ['old', 'ruby', bytes('carat 2')];
const hashOf = (key: string): string => toHex(sha256(Buffer.from(key)));
let net: TestConsortium;
let certified: CertifiedNode;
let node: FakeBusinessNode;
let keeper: FakeKeeper;
let fetcher: Partial<StateFetcherOptions>;
let test: TestNode;
/** What the collection has, by key hash: at the owner, and on the ledger. */
let served: Map<string, Uint8Array>;
let ledger: Map<string, Uint8Array>;
beforeAll(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode();
});
beforeEach(() => {
  net.restore();
  net.setContractPolicy({
    ownerSets: [{ name: 'houses', owners: ['AuroraMSP'], endorsementPolicy: net.contractPolicy.endorsementPolicy }],
    datasets: [{ name: '', ownerSet: 'houses' }, { name: OLD, ownerSet: 'houses', takesOver: true, contentGuard: true }],
  });
  served = new Map([[hashOf(KEY), VALUE]]);
  ledger = new Map([[hashOf(KEY), sha256(VALUE)]]);
  node = createFakeBusinessNode('AuroraMSP');
  node.tamper = (answer, query) => withLegacy(answer, query.points);
  keeper = createFakeKeeper(net, node, net.organisation('AuroraMSP').peer.signer);
  keeper.keepsPackets = true;
  const { network, channel } = net;
  const attester = createSimulatedAttester({ ...createDevelopmentPlatform({ root: net.developmentRoot, name: 'platform', now: net.now }), measurement: new Uint8Array(48) });
  fetcher = { nodes: [keeper], reader: createReaderChannels({ attester, network, channel }) };
  start();
});

function start(options: { readonly keptPoints?: KeptPoints } = {}): void {
  test = createTestNode({ net, certified, business: [node], fetcher, options });
  test.view = viewOf(net);
  for (const follower of test.followers) follower.legacyHash = (_contract, dataset, keyHash) => (dataset === OLD ? ledger.get(toHex(keyHash)) : undefined);
}

function withLegacy(answer: StateAnswer, points: readonly PointRead[]): StateAnswer {
  return { ...answer, points: answer.points.map((point, i) => (point.present ? point : { ...point, legacyValue: served.get(toHex(points[i]!.legacyKeyHash)) ?? new Uint8Array(0) })) };
}
const run = async (chaincode: TestChaincode, change: Parameters<typeof buildRequest>[1] = {}) => {
  const request = buildRequest(clientOf(net, net.organisation('AuroraMSP').client.signer), change);
  test.chaincode = chaincode;
  const sealed = await test.execute(request);
  const response = request.open(sealed);
  expect(sealed.targetData?.attachments?.legacyKeys ?? []).toEqual([]);
  return { response, targetData: sealed.targetData, names: response.legacyKeys.map(text) };
};
const sectionOf = (targetData: TargetData | undefined) => parseCore(targetData!.cores[0]!).sections[0]!;
const move = (value = 'carat 3'): string => {
  const packet = sealTestPacket(net, { dataset: OLD, key: KEY, value });
  node.put('houses', packet.bytes);
  return toHex(packet.hash);
};

describe('a collection that is taken over', () => {
  it('is read in place, and the read names key and value by their hashes, the key to endorsers', async () => {
    const found: (string | undefined)[] = [];
    const { targetData, names } = await run(calls(async (state) => {
      found.push(text(await state.getState(OLD, KEY)), text(await state.getState(OLD, 'none')), toHex((await state.getPrivateDataHash(OLD, KEY))!));
      await state.putState('', 'seen', bytes('1'));
    }));
    expect(found).toEqual(['carat 2', undefined, toHex(sha256(VALUE))]);
    const reads = sectionOf(targetData).reads.map(({ packetHash, legacyKeyHash, legacyValueHash }) => [toHex(packetHash), toHex(legacyKeyHash), toHex(legacyValueHash)]);
    expect(reads.sort()).toEqual([['', hashOf('none'), ''], ['', hashOf(KEY), toHex(sha256(VALUE))]].sort());
    expect(names).toEqual(['none', KEY]);
    expect(Buffer.from(encodeMessage(TargetDataSchema, targetData!)).includes(KEY)).toBe(false);
    expect(keeper.wire.some((message) => Buffer.from(message).includes('carat 2') || Buffer.from(message).includes(KEY))).toBe(false);
  });

  it('is asked for again each time: nothing tells a node when an entry in place ends', async () => {
    // Of a packet the second read is answered from memory.
    const keptPoints = createKeptPoints({ maxBytes: 1e6, clock: () => 0 });
    keptPoints.advance({ from: 0n, to: net.state.height, changes: undefined });
    node.height = net.state.height;
    start({ keptPoints });
    const read = async (): Promise<string | undefined> => text((await run(async (state) => ({ payload: (await state.getState(OLD, KEY)) ?? new Uint8Array(0) }), { body: { kind: RequestKind.EVALUATE } })).response.payload);
    expect(await read()).toBe('carat 2');
    served.clear();
    ledger.clear();
    expect(await read()).toBe('');
    move();
    expect(await read()).toBe('carat 3');
  });

  it('has its entry removed by the first write, read or not, and no more after that', async () => {
    for (const chaincode of [calls((state) => state.putState(OLD, KEY, bytes('3'))), calls((state) => state.deleteState(OLD, KEY)), calls((state) => state.purge(OLD, KEY))]) {
      const { targetData, names } = await run(chaincode);
      expect([sectionOf(targetData).reads, toHex(sectionOf(targetData).writes[0]!.legacyKeyHash), names]).toEqual([[], hashOf(KEY), [KEY]]);
    }
    const hash = move();
    const { targetData, names } = await run(calls((state) => state.putState(OLD, KEY, bytes('3'))));
    const { reads, writes: [write] } = sectionOf(targetData);
    expect([reads.map(({ packetHash }) => toHex(packetHash)), write!.legacyKeyHash.length, names]).toEqual([[hash], 0, []]);
    expect(text((await run(async (state) => ({ payload: (await state.getState(OLD, KEY))! }))).response.payload)).toBe('carat 3');
  });

  it('is written where the old value cannot be had, and asks for none', async () => {
    served.clear();
    node.tamper = (answer, query) => {
      if (query.points.some(({ legacyKeyHash }) => legacyKeyHash.length > 0)) throw new SelvedgeError('STATE_MISSING_PACKET', 'no');
      return answer;
    };
    for (const chaincode of [calls((state) => state.putState(OLD, KEY, bytes('3'))), calls((state) => state.deleteState(OLD, KEY))]) {
      const { response, names } = await run(chaincode);
      expect([response.refusal, names]).toEqual([undefined, [KEY]]);
    }
    expect((await run(calls((state) => state.getState(OLD, KEY)))).response.refusal?.code).toBe('STATE_MISSING_PACKET');
  });

  it('has a packet overwritten that nothing opens, by its hash', async () => {
    const packet = sealTestPacket(net, { dataset: OLD, key: KEY, value: '3', keyEpoch: 77n });
    node.put('houses', packet.bytes);
    const { response, targetData, names } = await run(calls((state) => state.putState(OLD, KEY, bytes('4'))));
    expect([response.refusal, sectionOf(targetData).reads.map(({ packetHash }) => toHex(packetHash)), names]).toEqual([undefined, [toHex(packet.hash)], []]);
  });

  it('has its entry purged with every purge: peers keep old values of a key that has moved', async () => {
    const hash = move();
    const blind = await run(calls((state) => state.purge(OLD, KEY)));
    const read = await run(calls(async (state) => {
      await state.getState(OLD, KEY);
      await state.purge(OLD, KEY);
    }));
    expect([blind, read].map(({ targetData, names }) => [sectionOf(targetData).reads.map(({ packetHash }) => toHex(packetHash)), toHex(sectionOf(targetData).writes[0]!.legacyKeyHash), names])).toEqual([
      [[], hashOf(KEY), [KEY]],
      [[hash], hashOf(KEY), [KEY]],
    ]);
  });

  it('is not written and then read in another state', async () => {
    const { response } = await run(calls(async (state) => {
      await state.putState(OLD, KEY, bytes('3'));
      move();
      await state.getState(OLD, KEY);
    }));
    expect(response.refusal?.code).toBe('STALE_READ');
  });

  it('has no name told to endorsers by an owner that hides a packet from a write', async () => {
    move();
    node.tamper = (answer) => ({ ...answer, points: answer.points.map((point) => ({ ...point, present: false, packet: new Uint8Array(0) })) });
    const { response, targetData } = await run(calls((state) => state.putState(OLD, KEY, bytes('3'))));
    expect([response.refusal?.code, targetData]).toEqual(['STATE_FORGED', undefined]);
  });

  it.each<[string, () => void]>([
    ['lies about a value', () => { served.set(hashOf(KEY), bytes('carat 9')); }],
    ['keeps a value back', () => { served.clear(); }],
    ['makes one up', () => { served.set(hashOf('none'), bytes('carat 9')); }],
    ['hides a packet', () => { move(); node.tamper = (answer, query) => withLegacy({ ...answer, points: answer.points.map((point) => ({ ...point, present: false, packet: new Uint8Array(0) })) }, query.points); }],
  ])('an owner that %s is named, in a query as in a submit, and the contract sees nothing', async (_what, lie) => {
    lie();
    const seen: unknown[] = [];
    const chaincode = calls(async (state) => {
      seen.push(await state.getState(OLD, KEY));
      seen.push(await state.getState(OLD, 'none'));
    });
    for (const change of [{}, { body: { kind: RequestKind.EVALUATE } }]) {
      const { response } = await run(chaincode, change);
      expect(response.refusal).toMatchObject({ code: 'STATE_FORGED', message: expect.stringContaining('AuroraMSP at AuroraMSP:7001') as string });
    }
    expect(seen.map((value) => text(value as Uint8Array | undefined))).not.toContain('carat 9');
  });

  it('is of an owner that lags, not of one that forges, where it and the organisations speak of different heights', async () => {
    served.clear();
    node.tamper = (answer, query) => ({ ...withLegacy(answer, query.points), height: answer.height + 1n });
    const { response } = await run(calls((state) => state.getState(OLD, KEY)));
    expect(response.refusal).toMatchObject({ code: 'STATE_BEHIND', message: expect.stringContaining('AuroraMSP at AuroraMSP:7001') as string });
  });

  it('is not read where too few organisations confirm it', async () => {
    for (const follower of test.followers.slice(1)) follower.legacyHash = () => sha256(bytes('other'));
    const { response } = await run(calls((state) => state.getState(OLD, KEY)));
    expect(['STATE_UNCONFIRMED', 'STATE_FORGED']).toContain(response.refusal?.code);
    for (const follower of test.followers.slice(1)) follower.failure = new SelvedgeError('UNAVAILABLE', 'no');
    expect((await run(calls((state) => state.getState(OLD, KEY)))).response.refusal).toMatchObject({ code: 'STATE_UNCONFIRMED', message: expect.stringContaining('3 organisations are needed') as string });
  });

  it.each<[string, TestChaincode]>([
    ['range queries', calls((state) => state.getRange(OLD, 'a', 'z'))],
    ['rich queries', calls((state) => state.query(OLD, { query: '{"selector":{}}' } as never))],
  ])('refuses %s by name', async (what, chaincode) => {
    const { response } = await run(chaincode);
    expect(response.refusal).toMatchObject({ code: 'CHAINCODE_UNSUPPORTED', message: expect.stringContaining(what) as string });
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['an item that meets a legacy entry', ['put other', `put ${KEY}`, 'put last'], ['', 'BATCH_ITEM_DEFERRED', '']],
    ['an item that reads what an earlier one removes', ['remove moved', 'read moved'], ['', 'BATCH_ITEM_DEFERRED']],
    ['an item that writes what an earlier one removes', ['remove moved', 'put moved'], ['', 'BATCH_ITEM_DEFERRED']],
    ['nothing of a key that has moved', ['put moved', 'read moved'], ['', 'moved']],
  ])('leaves out of a batch %s', async (_what, asked, results) => {
    node.put('houses', sealTestPacket(net, { dataset: OLD, key: 'moved', value: 'carat 3' }).bytes);
    test.chaincode = async (state, { args }) => {
      const [name = '', key = ''] = args.map((arg) => text(arg) ?? '');
      const dataset = ['other', 'last'].includes(key) ? '' : OLD;
      if (name === 'put') await state.putState(dataset, key, bytes(key));
      if (name === 'remove') await state.deleteState(dataset, key);
      return name === 'read' ? { payload: (await state.getState(dataset, key)) ?? new Uint8Array(0) } : {};
    };
    const client = clientOf(net, net.organisation('AuroraMSP').client.signer);
    const requests = asked.map((call) => buildRequest(client, { body: { args: call.split(' ').map(bytes) } }));
    const { items, targetData } = await test.node.executeBatch(create(BatchRequestSchema, { items: requests.map(({ sealed }) => sealed) }), new AbortController().signal);
    let core = 0;
    const found = items.map(({ response, refusal, hasCore }, i) => {
      if (response === undefined) return refusal?.code;
      const opened = requests[i]!.open(response, hasCore ? targetData?.cores[core++] : undefined);
      return opened.refusal?.code ?? text(opened.payload);
    });
    expect(found).toEqual(results);
    expect(targetData!.attachments!.legacyKeys).toEqual([]);
  });

  it('loses no write that a chaincode did not wait for', async () => {
    const { response } = await run((state) => {
      void state.putState(OLD, KEY, bytes('3'));
      return Promise.resolve({});
    });
    expect(response.refusal).toMatchObject({ code: 'CHAINCODE_UNSUPPORTED', message: expect.stringContaining('ends before') as string });
  });
});
