import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sha256 } from '@selvedge/crypto';
import { openLedgerStore, type LedgerStore } from '@selvedge/embedded-ledger';
import { SelvedgeError } from '@selvedge/errors';
import { parseDelivered } from '@selvedge/fabric';
import type { DeliveredBlock, FabricBlockSource } from '@selvedge/fabric-network/follower';
import { createFabricChain, type TestFabricChain } from '@selvedge/fixtures/fabric';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLegacyStore, type LegacyCollection, type LegacyStore } from '../store/legacy-store.js';
import { createLegacyFeed, type LegacyFeed } from './legacy-feed.js';

const OLD = { contract: 'stones', collection: 'old' };
let chain: TestFabricChain;
let directory: string;
let store: LedgerStore;
let legacy: LegacyStore;
let feed: LegacyFeed;
let collections: readonly LegacyCollection[];
let reads: string[];
let failures: number;
/** Happens while the peer is asked. */
let meanwhile: (() => Promise<void>) | undefined;
let logged: string[];
/** Blocks whose private data has not reached the peer. */
let missing: Set<bigint>;
/** What the peer delivers in place of the first block's private data. */
let swapped: DeliveredBlock['privateData'] | undefined;
beforeEach(() => {
  chain = createFabricChain('trade');
  directory = mkdtempSync(path.join(tmpdir(), 'selvedge-legacy-feed-'));
  collections = [OLD];
  reads = [];
  failures = 0;
  meanwhile = undefined;
  logged = [];
  missing = new Set();
  swapped = undefined;
  open();
});
afterEach(async () => {
  await close();
  rmSync(directory, { recursive: true });
});

function open(): void {
  store = openLedgerStore({ directory });
  legacy = openLegacyStore(store);
  feed = createLegacyFeed({ store, legacy, blocks, collections: () => collections, height: () => BigInt(chain.blocks.length), log: { warn: (_fields, message) => void logged.push(message), error: (_fields, message) => void logged.push(message) }, retry: { initialDelayMs: 2, maxDelayMs: 5 } });
}
async function close(): Promise<void> {
  await feed.close();
  await store.close();
}
const blocks: Pick<FabricBlockSource, 'read'> = {
  async *read(from, to) {
    reads.push(`${String(from)}-${String(to)}`);
    await meanwhile?.();
    if (failures-- > 0) throw new SelvedgeError('UNAVAILABLE', 'no');
    for (let number = from; number <= to; number += 1n) {
      const delivered = parseDelivered(chain.blocks[Number(number)]!) as DeliveredBlock;
      const privateData = missing.has(number) ? new Map<number, Uint8Array>() : number === 1n ? swapped : undefined;
      yield privateData === undefined ? delivered : { ...delivered, privateData };
    }
  },
};
const add = (key: string, value?: string, { collection = 'old', chaincode = 'stones', flag = 0 } = {}): void => {
  const write = { key, ...(value === undefined ? {} : { value: Buffer.from(value) }) };
  chain.add({ transaction: chain.transaction({ chaincode, namespaces: [{ namespace: chaincode, collections: [{ collection, writes: [write] }] }] }), flag });
};
const found = (key: string, place = OLD): string | undefined => {
  const value = legacy.value({ ...place, keyHash: sha256(Buffer.from(key)) });
  return value && Buffer.from(value).toString();
};
const caughtUp = async (): Promise<void> => {
  feed.wake();
  const isBehind = (): boolean => collections.some((each) => legacy.nextBlock(each) < BigInt(chain.blocks.length)) || legacy.gaps(1).length > missing.size;
  while (isBehind()) await sleep(2);
};

describe('entries of a collection that is taken over', () => {
  it('are what its chaincode left there, from the first block on: of valid transactions, of that collection alone', async () => {
    add('a', '1');
    add('b', '1');
    add('c', '1');
    add('a', '2');
    add('b');
    add('d', '1', { flag: 11 });
    add('e', '1', { collection: 'other' });
    add('f', '1', { chaincode: 'pearls' });
    await caughtUp();
    expect(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => found(key))).toEqual(['2', undefined, '1', undefined, undefined, undefined]);
    add('c');
    await caughtUp();
    expect(found('c')).toBeUndefined();
  });

  it('are read once: a restart goes on where it was, and a later collection begins at the first block', async () => {
    add('a', '1');
    add('x', '9', { collection: 'later' });
    await caughtUp();
    await close();
    reads = [];
    open();
    add('b', '1');
    await caughtUp();
    expect([reads, found('a'), found('b')]).toEqual([['3-3'], '1', '1']);
    collections = [OLD, { ...OLD, collection: 'later' }];
    await caughtUp();
    expect([reads.at(-1), found('x', collections[1])]).toEqual(['0-3', '9']);
  });

  it('come later where the peer lacks them, unless they are written anew or gone by then', async () => {
    add('a', '1');
    add('b', '1');
    add('c', '1');
    missing = new Set([1n, 2n, 3n]);
    await caughtUp();
    expect(['a', 'b', 'c'].map((key) => found(key))).toEqual([undefined, undefined, undefined]);
    expect(legacy.gaps(9)).toHaveLength(3);
    add('b', '2');
    add('c');
    await caughtUp();
    missing = new Set();
    await caughtUp();
    expect(['a', 'b', 'c'].map((key) => found(key))).toEqual(['1', '2', undefined]);
    expect(legacy.gaps(9)).toHaveLength(0);
  });

  it('come where the peer has them, however many it will never have, and later blocks are read meanwhile', async () => {
    for (let i = 0; i < 40; i += 1) {
      add(`lost${String(i)}`, '1');
      missing.add(BigInt(chain.blocks.length - 1));
    }
    await caughtUp();
    const late = [...Array(8).keys()].map((i) => `late${String(i)}`);
    for (const key of late) {
      add(key, '1');
      missing.add(BigInt(chain.blocks.length - 1));
    }
    await caughtUp();
    for (let i = 0; i < 8; i += 1) missing.delete(BigInt(chain.blocks.length - 1 - i));
    await expect.poll(() => late.map((key) => found(key))).toEqual(late.map(() => '1'));
    add('x', '1');
    await caughtUp();
    expect([found('x'), legacy.gaps(99).length]).toEqual(['1', 40]);
    await expect.poll(() => logged.some((message) => message.includes('still missing'))).toBe(true);
  });

  it('do not replace what is newer when they come late', async () => {
    add('a', '1');
    missing = new Set([1n]);
    await caughtUp();
    let isAsked = false;
    meanwhile = async () => {
      await store.write(() => { legacy.put({ ...OLD, keyHash: sha256(Buffer.from('a')) }, Buffer.from('2')); });
      missing.clear();
      isAsked = true;
    };
    await expect.poll(() => isAsked).toBe(true);
    await feed.close();
    expect(found('a')).toBe('2');
  });

  it('are written as they come where they are large', async () => {
    for (let i = 0; i < 3; i += 1) add(`k${String(i)}`, 'v'.repeat(3 * 1024 * 1024));
    let writes = 0;
    const counting: LedgerStore = new Proxy(store, { get: (target, name) => (name === 'write' ? (action: () => unknown) => { writes += 1; return target.write(action); } : Reflect.get(target, name) as unknown) });
    await feed.close();
    feed = createLegacyFeed({ store: counting, legacy, blocks, collections: () => collections, height: () => BigInt(chain.blocks.length) });
    await caughtUp();
    expect([writes, found('k2')?.length]).toEqual([2, 3 * 1024 * 1024]);
  });

  it('are not believed when a peer delivers another value than the block’s', async () => {
    const other = createFabricChain('trade');
    other.add({ transaction: other.transaction({ chaincode: 'stones', namespaces: [{ namespace: 'stones', collections: [{ collection: 'old', writes: [{ key: 'a', value: Buffer.from('9') }] }] }] }) });
    swapped = (parseDelivered(other.blocks[1]!) as DeliveredBlock).privateData;
    add('a', '1');
    feed.wake();
    await feed.progress(5_000);
    expect([found('a'), legacy.gaps(9).length]).toEqual([undefined, 1]);
    swapped = undefined;
    await caughtUp();
    expect(found('a')).toBe('1');
  });

  it('are asked for again when the peer does not answer, in rounds, and whoever waits is told', async () => {
    for (let i = 0; i < 70; i += 1) add(`k${String(i)}`, String(i));
    failures = 2;
    const progress = feed.progress(5_000);
    feed.wake();
    await progress;
    await caughtUp();
    expect([found('k0'), found('k69')]).toEqual(['0', '69']);
    expect(reads).toEqual(['0-31', '0-31', '0-31', '32-63', '64-70']);
    // Once the last round is told of, nothing more comes: it waits its time.
    const waited = async (): Promise<number> => {
      const before = performance.now();
      await feed.progress(5);
      return performance.now() - before;
    };
    await expect.poll(waited).toBeGreaterThan(3);
  });
});
