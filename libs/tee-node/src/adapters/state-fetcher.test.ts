import { randomBytes } from 'node:crypto';
import { toHex } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { contentGuardKey, signing } from '@selvedge/protocol';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFakeBusinessNode, type FakeBusinessNode } from '../testing/fake-business-node.js';
import type { FetchFailure } from '../domain/fetch-failure.js';
import { createPacketOpener, type StoredEntry } from '../domain/packet-opener.js';
import { heldKeysOf, type CertifiedNode } from '../testing/test-network.js';
import { placeOf, sealTestPacket } from '../testing/test-packets.js';
import type { ReadScope, SetContent, StateSource } from '../ports.js';
import { createSetConfirmer } from './set-confirmer.js';
import { createHistoryConfirmer } from './history-confirmer.js';
import { createStateFetcher, type StateFetcherOptions } from './state-fetcher.js';

let net: TestConsortium;
let certified: CertifiedNode;
let aurora: FakeBusinessNode;
let borealis: FakeBusinessNode;
let scope: ReadScope;
let refused: FetchFailure[];
let nowMs: number;
let source: StateSource;

beforeAll(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode();
});
beforeEach(() => {
  aurora = createFakeBusinessNode('AuroraMSP');
  borealis = createFakeBusinessNode('BorealisMSP');
  scope = { contract: net.contract, signer: heldKeysOf(net, certified).signer(net.contractPolicy.suite), minHeight: 3n, profile: net.profile };
  refused = [];
  nowMs = 0;
  source = fetcher();
});

function fetcher(options: Partial<StateFetcherOptions> = {}): StateSource {
  const { network, channel } = net;
  return createStateFetcher({ network, channel, nodes: [aurora, borealis], clock: () => nowMs, historyConfirmer: createHistoryConfirmer({ followers: [] }), confirmer: createSetConfirmer({ followers: [] }), onRefused: (failure) => refused.push(failure), ...options });
}

function store(key: string, value = key, nodes = [aurora, borealis], entry: Partial<Parameters<typeof sealTestPacket>[1]> = {}): Uint8Array {
  const packet = sealTestPacket(net, { key, value, ...entry });
  for (const node of nodes) node.put('houses', packet.bytes);
  return packet.bytes;
}

const opener = (): ReturnType<typeof createPacketOpener> => createPacketOpener(net.channel, 0);

function read(key: string, owners = ['AuroraMSP', 'BorealisMSP'], from = source): Promise<string | undefined> {
  const { ledgerKey } = placeOf(net, '', key);
  const keys = heldKeysOf(net, certified).contract(net.contract)!;
  const open = (packet: Uint8Array | undefined): string | undefined => packet && Buffer.from(opener().open(packet, { policy: net.contractPolicy, keys }, { dataset: '', ledgerKey }).value).toString();
  return from.readPoint(scope, { ownerSet: 'houses', owners, dataset: '', ledgerKey, open });
}

function readSet(owners = ['AuroraMSP'], from = source): Promise<SetContent<StoredEntry>> {
  const { datasetTag, membershipGuard } = placeOf(net, '', 'a');
  const keys = heldKeysOf(net, certified).contract(net.contract)!;
  const open = (packet: Uint8Array): StoredEntry => opener().open(packet, { policy: net.contractPolicy, keys }, { dataset: '', datasetTag });
  return from.readSet(scope, { ownerSet: 'houses', owners, dataset: '', datasetTag, guardKey: membershipGuard, confirm: false, open });
}

function readDataset(): Promise<SetContent<StoredEntry>> {
  const keys = heldKeysOf(net, certified).contract(net.contract)!;
  const open = (packet: Uint8Array): StoredEntry => opener().open(packet, { policy: net.contractPolicy, keys }, { dataset: '' });
  return source.readDataset(scope, { ownerSet: 'houses', owners: ['AuroraMSP'], dataset: '', guardKey: contentGuardKey(net.contract, ''), confirm: false, open });
}

async function refusal(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error: unknown = await promise.catch((caught: unknown) => caught);
  if (!isSelvedgeError(error)) throw new Error('no refusal');
  return { code: error.code, message: error.message };
}

describe('point reads', () => {
  it('of one turn travel as one query, signed for this node by the certified key', async () => {
    store('a');
    expect(await Promise.all([read('a'), read('b'), Promise.resolve().then(() => read('c'))])).toEqual(['a', undefined, undefined]);
    expect(aurora.queries.map((query) => query.points.length)).toEqual([3]);
    expect(aurora.queries[0]).toMatchObject({ network: net.network, channel: net.channel, contract: net.contract, recipient: 'AuroraMSP' });
    const [signed] = aurora.signed;
    expect(certified.suite.isSignatureValid(certified.privateKey, signing.stateQuery(signed!.query), signed!.signature)).toBe(true);
    expect(borealis.queries).toHaveLength(0);
  });

  it('of different contracts do not share a query', async () => {
    const other = { ...scope, contract: 'other' };
    await Promise.all([read('a'), source.readPoint(other, { ownerSet: 'houses', owners: ['AuroraMSP'], dataset: '', ledgerKey: randomBytes(32), open: () => 0 })]);
    expect(aurora.queries.map((query) => query.contract)).toEqual([net.contract, 'other']);
  });

  it('are bounded in flight; what waits is sent together', async () => {
    let release: () => void = () => undefined;
    aurora.gate = new Promise((resolve) => {
      release = resolve;
    });
    source = fetcher({ maxInFlight: 1, maxPointsPerQuery: 2 });
    const first = read('a');
    await new Promise((resolve) => setImmediate(resolve));
    const rest = [read('b'), read('c'), read('d')];
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(aurora.queries).toHaveLength(1);
    release();
    await Promise.all([first, ...rest]);
    expect(aurora.queries.map((query) => query.points.length)).toEqual([1, 2, 1]);
  });

  it('that come within a moment travel together while a query is under way', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      let release: () => void = () => undefined;
      aurora.gate = new Promise((resolve) => {
        release = resolve;
      });
      const turn = () => new Promise((resolve) => setImmediate(resolve));
      const reads = [];
      for (const key of ['a', 'b', 'c']) {
        reads.push(read(key));
        await turn();
      }
      expect(aurora.queries.map((query) => query.points.length)).toEqual([1]);
      vi.advanceTimersByTime(1);
      await turn();
      expect(aurora.queries.map((query) => query.points.length)).toEqual([1, 2]);
      release();
      await Promise.all(reads);
    } finally {
      vi.useRealTimers();
    }
  });

  it('are refused above what may wait', async () => {
    source = fetcher({ maxWaiting: 1, nodes: [aurora] });
    const [, second] = await Promise.allSettled([read('a'), read('b')]);
    expect(second.status === 'rejected' && isSelvedgeError(second.reason, 'OVERLOADED')).toBe(true);
  });

  it.each(['STATE_MISSING_PACKET', 'LIMIT_EXCEEDED'] as const)('that share a query do not fail with one of them: %s', async (fault) => {
    for (const key of ['a', 'b', 'd', 'e']) store(key);
    const bad = toHex(placeOf(net, '', 'c').ledgerKey);
    aurora.tamper = (answer, query) => {
      if (query.points.some((point) => toHex(point.ledgerKey) === bad)) throw new SelvedgeError(fault, 'one of them');
      return answer;
    };
    const results = await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map((key) => read(key, ['AuroraMSP'])));
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value : undefined))).toEqual(['a', 'b', undefined, 'd', 'e']);
  });

  it('prefer one owner, as the node is told', async () => {
    await read('a', undefined, fetcher({ preference: 1 }));
    expect([aurora.queries.length, borealis.queries.length]).toEqual([0, 1]);
  });
});

describe('answers', () => {
  const nodeName = 'AuroraMSP at AuroraMSP:7001';

  it('to another query are forged', async () => {
    aurora.tamper = (answer) => ({ ...answer, nonce: randomBytes(16) });
    const { code, message } = await refusal(read('a', ['AuroraMSP']));
    expect([code, message]).toEqual(['STATE_FORGED', `owner set houses: ${nodeName}: STATE_FORGED`]);
  });

  it.each([
    ['entries (none)', (answer: object) => ({ ...answer, points: [] })],
    ['entries (two)', (answer: object) => ({ ...answer, points: [{ present: false }, { present: false }] })],
    ['sets', (answer: object) => ({ ...answer, sets: [{ packets: [], more: false }] })],
    ['guards', (answer: object) => ({ ...answer, guards: [{ txId: new Uint8Array(0) }] })],
  ])('with another number of %s are forged', async (_what, change) => {
    aurora.tamper = (answer) => change(answer) as typeof answer;
    expect((await refusal(read('a', ['AuroraMSP']))).code).toBe('STATE_FORGED');
  });

  it('whose packet is of another key, contract or channel, or was changed, are forged', async () => {
    const good = store('a');
    const swapped = store('b');
    const foreign = store('a', 'x', [], { contract: 'other' });
    const elsewhere = store('a', 'x', [], { channel: 'other' });
    const changed = Uint8Array.from(good);
    changed[changed.length - 1] = (changed[changed.length - 1] as number) ^ 1;
    for (const packet of [swapped, foreign, elsewhere, changed, new Uint8Array(3)]) {
      aurora.tamper = (answer) => ({ ...answer, points: [{ $typeName: 'selvedge.v1.PointAnswer', present: true, packet, keyPolicy: new Uint8Array(0), legacyValue: new Uint8Array(0) }] });
      expect((await refusal(read('a', ['AuroraMSP']))).code).toBe('STATE_FORGED');
    }
  });

  it('below the ledger view are behind', async () => {
    aurora.height = 2n;
    expect((await refusal(read('a', ['AuroraMSP']))).code).toBe('STATE_BEHIND');
    expect((await refusal(readSet())).code).toBe('STATE_BEHIND');
    aurora.height = 3n;
    expect(await read('a', ['AuroraMSP'])).toBeUndefined();
  });

  it('under a key epoch that this node does not hold are named as such', async () => {
    store('a', 'a', [aurora], { keyEpoch: 2n });
    expect((await refusal(read('a', ['AuroraMSP']))).code).toBe('KEY_EPOCH_UNKNOWN');
  });
});

describe('another owner is asked', () => {
  it('when one does not answer, lags or forges, which is reported', async () => {
    store('a');
    aurora.failure = new SelvedgeError('UNAVAILABLE', 'down');
    expect(await read('a')).toBe('a');
    expect(refused.map(({ mspId, error }) => [mspId, error.code])).toEqual([['AuroraMSP', 'UNAVAILABLE']]);
    nowMs = 1_000;
    expect(await read('a')).toBe('a');
    expect(aurora.queries).toHaveLength(1);
    nowMs = 2_001;
    aurora.failure = undefined;
    aurora.height = 0n;
    expect(await read('a')).toBe('a');
    expect(refused.at(-1)?.error.code).toBe('STATE_BEHIND');
  });

  it('never outside of the owner set', async () => {
    aurora.failure = new SelvedgeError('UNAVAILABLE', 'down');
    expect(await refusal(read('a', ['AuroraMSP', 'CelestaMSP']))).toEqual({ code: 'STATE_UNAVAILABLE', message: 'owner set houses: AuroraMSP at AuroraMSP:7001: UNAVAILABLE' });
    expect((await refusal(read('a', ['CelestaMSP']))).message).toContain('no business node of its owners');
    expect(borealis.queries).toHaveLength(0);
  });

  it('and a forgery is named before all else', async () => {
    aurora.tamper = (answer) => ({ ...answer, nonce: randomBytes(16) });
    borealis.failure = new SelvedgeError('TIMEOUT', 'slow');
    expect((await refusal(read('a'))).code).toBe('STATE_FORGED');
  });
});

describe('set reads', () => {
  beforeEach(() => {
    for (const key of ['a', 'b', 'c', 'd', 'e']) store(key);
  });

  it('follow all pages and give the guard', async () => {
    const guard = randomBytes(32);
    aurora.setGuard('houses', '', placeOf(net, '', 'a').membershipGuard, guard);
    const { entries, guardTxId } = await readSet();
    expect(entries.map((entry) => entry.key).sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(toHex(guardTxId)).toBe(toHex(guard));
    expect(aurora.queries).toHaveLength(3);
  });

  it('start again when the guard changed between pages, and give up when it keeps changing', async () => {
    const change = (): void => {
      aurora.setGuard('houses', '', placeOf(net, '', 'a').membershipGuard, randomBytes(32));
    };
    aurora.tamper = (answer) => {
      if (aurora.queries.length === 1) change();
      return answer;
    };
    expect((await readSet()).entries).toHaveLength(5);
    expect(aurora.queries).toHaveLength(5);
    aurora.tamper = (answer) => {
      change();
      return answer;
    };
    expect((await refusal(readSet())).code).toBe('STALE_GUARD');
  });

  it('refuse pages out of order, repeated, or empty ones that promise more', async () => {
    aurora.tamper = (answer) => ({ ...answer, sets: answer.sets.map((set) => ({ ...set, packets: [...set.packets].reverse() })) });
    expect((await refusal(readSet())).code).toBe('STATE_FORGED');
    let first: Uint8Array[] | undefined;
    aurora.tamper = (answer) => {
      first ??= answer.sets[0]!.packets;
      return { ...answer, sets: answer.sets.map((set) => ({ ...set, packets: first!, more: true })) };
    };
    expect((await refusal(readSet())).code).toBe('STATE_FORGED');
    aurora.tamper = (answer) => ({ ...answer, sets: answer.sets.map((set) => ({ ...set, packets: [], more: true })) });
    expect((await refusal(readSet())).code).toBe('STATE_FORGED');
  });

  it('refuse packets of another tag, and guards that are none', async () => {
    const other = store('\x00stone\x00ruby\x00', 'x', []);
    aurora.tamper = (answer) => ({ ...answer, sets: answer.sets.map((set) => ({ ...set, packets: [other], more: false })) });
    expect((await refusal(readSet())).code).toBe('STATE_FORGED');
    aurora.tamper = (answer) => ({ ...answer, guards: [{ $typeName: 'selvedge.v1.GuardAnswer', txId: new Uint8Array(31) }] });
    expect((await refusal(readSet())).code).toBe('STATE_FORGED');
  });

  it('of a whole dataset follow all pages over all tags, under the content guard', async () => {
    store('\x00stone\x00ruby\x00');
    const guard = randomBytes(32);
    aurora.setGuard('houses', '', contentGuardKey(net.contract, ''), guard);
    const { entries, guardTxId } = await readDataset();
    expect(entries.map((entry) => entry.key).sort()).toEqual(['\x00stone\x00ruby\x00', 'a', 'b', 'c', 'd', 'e']);
    expect(toHex(guardTxId)).toBe(toHex(guard));
    expect(aurora.queries).toHaveLength(3);
    expect(aurora.queries[0]!.sets[0]!.datasetTag).toHaveLength(0);
  });

  it('of a whole dataset refuse packets of another dataset', async () => {
    const foreign = store('x', 'x', [], { dataset: 'auroraStones' });
    aurora.tamper = (answer) => ({ ...answer, sets: answer.sets.map((set) => ({ ...set, packets: [foreign], more: false })) });
    expect((await refusal(readDataset())).code).toBe('STATE_FORGED');
  });

  it('go to another owner as a whole', async () => {
    aurora.tamper = (answer) => (aurora.queries.length === 2 ? { ...answer, height: 0n } : answer);
    expect((await readSet(['AuroraMSP', 'BorealisMSP'])).entries).toHaveLength(5);
    expect(borealis.queries).toHaveLength(3);
  });

  it('wait for their turn', async () => {
    source = fetcher({ maxInFlight: 1 });
    const results = await Promise.all([readSet(), readSet(), read('a', ['AuroraMSP'])]);
    expect(results[0].entries).toHaveLength(5);
    expect(results[2]).toBe('a');
  });
});
