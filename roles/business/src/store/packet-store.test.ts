import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { create } from '@bufbuild/protobuf';
import { sha256 } from '@selvedge/crypto';
import { openLedgerStore, type LedgerStore } from '@selvedge/embedded-ledger';
import { createTestState, refusalCode, TEST_CONTRACT } from '@selvedge/fixtures';
import { GuardPointSchema, PointReadSchema, SetReadSchema, KeyVersionSchema, StateQuerySchema, type StateAnswer } from '@selvedge/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerStateQuery } from '../domain/answer-state-query.js';
import type { HistoryReader } from '../ports.js';
import { openPacketStore, type PacketStore } from './packet-store.js';

const PLACE = { contract: TEST_CONTRACT, ownerSet: 'aurora', dataset: 'auroraStones' };
const bytes32 = (first: number): Uint8Array => Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? first : 0xee));
const TAG = bytes32(0xaa);
const NO_TAG = new Uint8Array(0);

let directory: string;
let store: LedgerStore;
let packets: PacketStore;
const state = createTestState();
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'selvedge-business-'));
  store = openLedgerStore({ directory });
  packets = openPacketStore(store);
  state.clear();
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const put = (key: number, packet: Uint8Array | undefined, tag = TAG, place = PLACE): Promise<void> =>
  store.write(() => {
    packets.put({ place, ledgerKey: bytes32(key), datasetTag: tag, packet });
    state.setVersion(place.contract, place.ownerSet, place.dataset, bytes32(key), packet === undefined ? bytes32(key) : sha256(packet));
  });
const keys = (tag = TAG, after: Uint8Array = new Uint8Array(0)): number[] => [...packets.ledgerKeys(PLACE, tag, after)].map((key) => key[0]!);

describe('packet store', () => {
  it('lists keys under their tag, in ledger key order, after a given one', async () => {
    for (const key of [0xff, 3, 1, 2]) await put(key, Buffer.of(key));
    await put(9, Buffer.of(9), bytes32(0xbb));
    await put(8, Buffer.of(8), TAG, { ...PLACE, dataset: 'other' });
    expect(keys()).toEqual([1, 2, 3, 0xff]);
    expect(keys(TAG, bytes32(2))).toEqual([3, 0xff]);
    expect(keys(bytes32(0xbb))).toEqual([9]);
  });

  it('lists the keys of all tags of a dataset, and of no other', async () => {
    for (const key of [0xff, 3, 1]) await put(key, Buffer.of(key));
    await put(2, Buffer.of(2), bytes32(0xbb));
    await put(8, Buffer.of(8), TAG, { ...PLACE, dataset: 'other' });
    expect(keys(NO_TAG)).toEqual([1, 2, 3, 0xff]);
    expect(keys(NO_TAG, bytes32(2))).toEqual([3, 0xff]);
    await store.write(() => { packets.remove(PLACE, bytes32(3)); });
    expect(keys(NO_TAG)).toEqual([1, 2, 0xff]);
  });

  it('replaces a packet, and its tag', async () => {
    await put(1, Buffer.from('old'));
    await put(1, Buffer.from('new'), bytes32(0xbb));
    expect(Buffer.from(packets.packet(PLACE, bytes32(1))!).toString()).toBe('new');
    expect(keys()).toEqual([]);
    expect(keys(bytes32(0xbb))).toEqual([1]);
  });

  it('removes packets', async () => {
    await put(1, Buffer.from('gone'));
    await store.write(() => { packets.remove(PLACE, bytes32(1)); });
    expect(packets.packet(PLACE, bytes32(1))).toBeUndefined();
    expect(keys()).toEqual([]);
  });
});

describe('the answer to a state query', () => {
  let history: HistoryReader;
  beforeEach(() => {
    history = { isKept: true, version: (_place, _key, count) => (count > 3n ? undefined : create(KeyVersionSchema, { timestampSeconds: count, packet: new Uint8Array(40) })) };
  });
  const point = (key: number) => create(PointReadSchema, { ...PLACE, ledgerKey: bytes32(key) });
  const set = (after: Uint8Array = new Uint8Array(0), maxBytes = 0) => create(SetReadSchema, { ...PLACE, datasetTag: TAG, after, maxBytes });
  const answer = (query: Parameters<typeof create<typeof StateQuerySchema>>[1]): StateAnswer =>
    answerStateQuery(create(StateQuerySchema, { contract: TEST_CONTRACT, nonce: bytes32(7).subarray(0, 16), ...query }), { ledger: state, packets, history });

  it('has versions of a key from the one that is asked for down, as far as the limit, one at least', () => {
    const seconds = (count: bigint, maxBytes = 0): bigint[] => answer({ histories: [{ ...PLACE, ledgerKey: bytes32(1), count, maxBytes }] }).histories[0]!.versions.map(({ timestampSeconds }) => timestampSeconds);
    expect([seconds(3n), seconds(2n), seconds(3n, 80), seconds(3n, 1), seconds(0n)]).toEqual([[3n, 2n, 1n], [2n, 1n], [3n, 2n], [3n], []]);
    expect(() => seconds(4n)).toThrow(expect.objectContaining({ code: 'STATE_BEHIND' }));
    history = { isKept: true, version: () => 'packet missing' };
    expect(() => seconds(1n)).toThrow(expect.objectContaining({ code: 'STATE_MISSING_PACKET' }));
    history = { isKept: false, version: () => undefined };
    expect(() => seconds(1n)).toThrow(expect.objectContaining({ code: 'HISTORY_NOT_KEPT', message: 'history database is not enabled' }));
  });

  it('has points, sets and guards of the height, under the query’s nonce', async () => {
    await put(1, Buffer.from('one'));
    state.height = 12n;
    state.setGuard(TEST_CONTRACT, 'aurora', 'auroraStones', bytes32(5), bytes32(6));
    const guards = [5, 4].map((key) => create(GuardPointSchema, { ...PLACE, guardKey: bytes32(key) }));
    expect(answer({ points: [point(1), point(2)], sets: [set()], guards })).toMatchObject({
      height: 12n,
      nonce: bytes32(7).subarray(0, 16),
      points: [{ present: true, packet: Buffer.from('one') }, { present: false }],
      sets: [{ packets: [Buffer.from('one')], more: false }],
      guards: [{ txId: bytes32(6) }, { txId: new Uint8Array(0) }],
    });
  });

  it('pages a set by bytes, at least one packet at a time', async () => {
    for (const key of [1, 2, 3]) await put(key, Buffer.alloc(10, key));
    const page = (after: Uint8Array, maxBytes: number): [number[], boolean] => {
      const [only] = answer({ sets: [set(after, maxBytes)] }).sets;
      return [only!.packets.map((packet) => packet[0]!), only!.more];
    };
    expect(page(new Uint8Array(0), 20)).toEqual([[1, 2], true]);
    expect(page(bytes32(2), 20)).toEqual([[3], false]);
    expect(page(new Uint8Array(0), 1)).toEqual([[1], true]);
    expect(page(bytes32(3), 1)).toEqual([[], false]);
  });

  it('pages a whole dataset, over all tags', async () => {
    for (const [key, tag] of [[1, TAG], [2, bytes32(0xbb)], [3, TAG]] as const) await put(key, Buffer.alloc(10, key), tag);
    const page = (after: Uint8Array): [number[], boolean] => {
      const [only] = answer({ sets: [create(SetReadSchema, { ...PLACE, after, maxBytes: 20 })] }).sets;
      return [only!.packets.map((packet) => packet[0]!), only!.more];
    };
    expect(page(new Uint8Array(0))).toEqual([[1, 2], true]);
    expect(page(bytes32(2))).toEqual([[3], false]);
    await put(4, undefined, bytes32(0xcc));
    expect(refusalCode(() => page(new Uint8Array(0)))).toBeUndefined();
    expect(refusalCode(() => page(bytes32(2)))).toBe('STATE_MISSING_PACKET');
  });

  it('stays below the message limit', async () => {
    const large = new Uint8Array(4 * 1024 * 1024 - 64);
    for (const key of [1, 2, 3, 4]) await put(key, large);
    expect(refusalCode(() => answer({ points: [1, 2, 3, 4].map(point) }))).toBe('LIMIT_EXCEEDED');
    const { sets } = answer({ points: [1, 2, 3].map(point), sets: [set(), set()] });
    expect(sets.map(({ packets: some, more }) => [some.length, more])).toEqual([[0, true], [0, true]]);
  });

  it('says so when the ledger lists a packet that is missing here', async () => {
    await put(1, undefined);
    expect(refusalCode(() => answer({ points: [point(1)] }))).toBe('STATE_MISSING_PACKET');
    expect(refusalCode(() => answer({ sets: [set()] }))).toBe('STATE_MISSING_PACKET');
  });

  it('never serves a packet that the ledger does not list', async () => {
    await put(1, Buffer.from('old'));
    state.setVersion(TEST_CONTRACT, 'aurora', 'auroraStones', bytes32(1), undefined);
    expect(answer({ points: [point(1)] }).points).toMatchObject([{ present: false }]);
    expect(answer({ sets: [set()] }).sets).toMatchObject([{ packets: [], more: false }]);
  });

  it('never serves an older packet than the ledger lists', async () => {
    await put(1, Buffer.from('old'));
    state.setVersion(TEST_CONTRACT, 'aurora', 'auroraStones', bytes32(1), bytes32(9));
    expect(refusalCode(() => answer({ points: [point(1)] }))).toBe('STATE_MISSING_PACKET');
    expect(refusalCode(() => answer({ sets: [set()] }))).toBe('STATE_MISSING_PACKET');
  });
});
