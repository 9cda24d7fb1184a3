import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openLedgerStore, type LedgerStore } from '@selvedge/embedded-ledger';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openGapStore, type Gap, type GapStore } from './gap-store.js';

let directory: string;
let store: LedgerStore;
let gaps: GapStore;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'selvedge-gaps-'));
  store = openLedgerStore({ directory });
  gaps = openGapStore(store);
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const gap = (key: number, blockNumber: bigint, txId = key): Gap => ({
  contract: 'c',
  collection: 'selvedge_s',
  keyHash: Buffer.alloc(32, key),
  blockNumber,
  index: key,
  valueHash: Buffer.alloc(32, 100 + key),
  txIds: [Buffer.alloc(32, txId)],
  entry: { dataset: 'd', datasetTag: Buffer.alloc(32, 1), ledgerKey: Buffer.alloc(32, key) },
});

describe('gap store', () => {
  it('has gaps in block order, whole blocks at a time, after a block', async () => {
    await store.write(() => { for (const one of [gap(3, 9n), gap(1, 2n), gap(2, 2n), gap(4, 300n)]) gaps.add(one); });
    expect(gaps.list(undefined, 1).map(({ index }) => index).sort()).toEqual([1, 2]);
    expect(gaps.list(2n, 10)).toEqual([gap(3, 9n), gap(4, 300n)]);
    expect(gaps.list(300n, 10)).toEqual([]);
    expect(gaps.count).toBe(4);
  });

  it('has one gap at a place: the newest', async () => {
    await store.write(() => { gaps.add(gap(1, 2n, 7)); });
    await store.write(() => { gaps.add(gap(1, 5n, 8)); });
    expect(gaps.list(undefined, 10)).toEqual([gap(1, 5n, 8)]);
    expect([gaps.count, gaps.isIncomplete(Buffer.alloc(32, 7)), gaps.isIncomplete(Buffer.alloc(32, 8))]).toEqual([1, false, true]);
  });

  it('holds back every item of a batch until the packets of all are here', async () => {
    const ids = [7, 8].map((n) => Buffer.alloc(32, n));
    await store.write(() => { gaps.add({ ...gap(1, 2n), txIds: ids }); });
    expect(ids.map((txId) => gaps.isIncomplete(txId))).toEqual([true, true]);
    await store.write(() => { gaps.settle(gap(1, 0n)); });
    expect(ids.map((txId) => gaps.isIncomplete(txId))).toEqual([false, false]);
  });

  it('knows which transactions are incomplete until the last gap is settled', async () => {
    const unnamed: Gap = { ...gap(3, 2n), txIds: [], entry: undefined };
    await store.write(() => { for (const one of [gap(1, 2n, 7), gap(2, 2n, 7), unnamed]) gaps.add(one); });
    expect(gaps.at(unnamed)).toEqual(unnamed);
    await store.write(() => { expect(gaps.settle(gap(1, 0n))).toEqual(gap(1, 2n, 7)); });
    expect(gaps.isIncomplete(Buffer.alloc(32, 7))).toBe(true);
    expect(gaps.isIncomplete(Buffer.alloc(32, 6))).toBe(false);
    await store.write(() => { gaps.settle(gap(2, 0n)); gaps.settle(unnamed); expect(gaps.settle(gap(9, 0n))).toBeUndefined(); });
    expect([gaps.isIncomplete(Buffer.alloc(32, 7)), gaps.count]).toEqual([false, 0]);
  });
});
