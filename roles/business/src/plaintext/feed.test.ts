import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sha256, toHex } from '@selvedge/crypto';
import { openLedgerStore, type LedgerStore } from '@selvedge/embedded-ledger';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { sealPacket } from '@selvedge/sealed-objects';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPlaintextOutbox, type OutboxChange, type PlaintextOutbox } from '../store/plaintext-outbox.js';
import { startPlaintextFeed, type PlaintextFeed, type PlaintextFeedOptions } from './feed.js';
import { createOwnerKeyPairs } from './owner-key-pairs.js';
import type { PlaintextBlock } from './plaintext-store.js';

const SUITE = 'P256-AES256GCM-SHA256';
const keyPairs = createOwnerKeyPairs(new Uint8Array(32).fill(7));
let directory: string;
let store: LedgerStore;
let outbox: PlaintextOutbox;
let feed: PlaintextFeed | undefined;
let applied: PlaintextBlock[];
let last: bigint | undefined;
let errors: string[];
let warnings: string[];
let failure: SelvedgeError | undefined;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'selvedge-feed-'));
  store = openLedgerStore({ directory });
  outbox = openPlaintextOutbox(store);
  [applied, last, errors, warnings, failure, feed] = [[], undefined, [], [], undefined, undefined];
});
afterEach(async () => {
  await feed?.close();
  await store.close();
  rmSync(directory, { recursive: true });
});

/** As the stores do: a gap is refused, what was applied changes nothing. */
const plaintext = {
  apply: (block: PlaintextBlock): Promise<void> => {
    if (failure !== undefined) return Promise.reject(failure);
    const checkpoint = applied.at(-1)?.number;
    if (checkpoint !== undefined && block.number <= checkpoint) return Promise.resolve();
    if (checkpoint !== undefined && block.number !== checkpoint + 1n) return Promise.reject(new SelvedgeError('PLAINTEXT_STORE_GAP', 'a gap'));
    applied.push(block);
    return Promise.resolve();
  },
  checkpoint: () => Promise.resolve(applied.at(-1)?.number),
};
const start = (change: Partial<PlaintextFeedOptions> = {}): PlaintextFeed =>
  (feed = startPlaintextFeed({
    store,
    outbox,
    plaintext,
    keyPairs,
    mspId: 'AuroraMSP',
    lastBlock: () => last,
    snapshot: () => ({ blockNumber: last!, changes: [], missing: 0 }),
    holdsKey: () => true,
    packetWaitMs: 60_000,
    log: { warn: (_fields, message) => warnings.push(message), error: (fields, message) => errors.push(`${String(fields.code)} ${message}`) },
    retry: { initialDelayMs: 5, maxDelayMs: 20 },
    ...change,
  }));
const change = (key: string, value: string | undefined, publicKey = keyPairs.keyPair(SUITE).publicKey): OutboxChange => {
  const entry = { contract: 'c', dataset: 'd', ledgerKey: sha256(Buffer.from(key)), txId: 'ab' };
  if (value === undefined) return { ...entry, packetHash: undefined, packet: undefined };
  const header = { keyEpoch: 1n, channel: 'main', contract: 'c', dataset: 'd', datasetTag: new Uint8Array(32), ledgerKey: entry.ledgerKey, txId: new Uint8Array(32).fill(9), readSetDigest: new Uint8Array(32) };
  const { bytes, hash } = sealPacket({ suite: SUITE, dataKey: new Uint8Array(32), header, key, value: Buffer.from(value), recipients: [{ mspId: 'AuroraMSP', publicKey }] });
  return { ...entry, packetHash: hash, packet: bytes };
};
const block = (number: bigint, ...changes: OutboxChange[]): Promise<void> =>
  store.write(() => {
    for (const one of changes) outbox.note(number, one);
    last = number;
  });
const seen = (): unknown[] => applied.map(({ number, changes }) => [number, ...changes.map(({ key, value }) => [key, value && Buffer.from(value).toString()])]);
const code = async (promise: Promise<unknown>): Promise<string> => {
  const error: unknown = await promise.catch((caught: unknown) => caught);
  return isSelvedgeError(error) ? error.code : String(error);
};

describe('the feed of the store of plaintext', () => {
  it('applies each block once, in order, deletes as well, and forgets what the store has', async () => {
    await block(3n, change('a', '1'), change('b', '2'));
    start();
    await feed!.reach(3n, 1_000);
    await block(4n);
    await block(5n, change('a', undefined), change('b', '3'));
    feed!.wake();
    await feed!.reach(5n, 1_000);
    expect(seen()).toEqual([[3n, ['a', '1'], ['b', '2']], [4n], [5n, ['', undefined], ['b', '3']]]);
    expect(applied[0]!.changes[0]).toMatchObject({ contract: 'c', dataset: 'd', txId: toHex(new Uint8Array(32).fill(9)) });
    expect(applied[2]!.changes[0]).toMatchObject({ txId: 'ab' });
    expect([outbox.firstBlock(), outbox.floor]).toEqual([undefined, 6n]);
  });

  it('goes on after a crash between the store’s commit and its own', async () => {
    await block(1n, change('a', '1'));
    applied.push({ number: 1n, changes: [] });
    await block(2n, change('a', '2'));
    start();
    await feed!.reach(2n, 1_000);
    expect(seen()).toEqual([[1n], [2n, ['a', '2']]]);
  });

  it('stands still, loudly and by name, before a copy that does not open, while the node lacks its own key', async () => {
    await block(1n, change('a', '1'));
    await block(2n, change('b', '2', createOwnerKeyPairs(new Uint8Array(32)).keyPair(SUITE).publicKey));
    await block(3n, change('c', '3'));
    start({ holdsKey: () => false });
    expect(await code(feed!.reach(3n, 1_000))).toBe('PLAINTEXT_COPY_INVALID');
    expect(seen()).toEqual([[1n, ['a', '1']]]);
    expect(errors[0]).toMatch(/^PLAINTEXT_COPY_INVALID .*block 2, contract c, dataset 'd', ledger key [0-9a-f]{64}/);
    expect(outbox.changes(2n)).toHaveLength(1);
  });

  it('leaves out an entry whose copy does not open, loudly and by name, goes on with the others, and takes the next write of it', async () => {
    const other = createOwnerKeyPairs(new Uint8Array(32)).keyPair(SUITE).publicKey;
    const good = change('d', '2');
    await block(1n, change('a', '1'), change('b', '1'));
    await block(2n, change('a', '2', other), change('c', '2'), { ...good, packet: Buffer.concat([good.packet!, Uint8Array.of(0x78, 1)]) });
    await block(3n, change('a', '3'));
    start();
    await feed!.reach(3n, 1_000);
    expect(seen()).toEqual([[1n, ['a', '1'], ['b', '1']], [2n, ['', undefined], ['c', '2'], ['', undefined]], [3n, ['a', '3']]]);
    expect(applied[1]!.changes[0]!.ledgerKey).toEqual(Buffer.from(sha256(Buffer.from('a'))));
    expect(errors).toHaveLength(2);
    expect(errors[0]).toMatch(/^PLAINTEXT_COPY_INVALID .*leaves an entry out.*block 2, contract c, dataset 'd', ledger key [0-9a-f]{64}/);
  });

  it('opens copies that are sealed to a key before the present one', async () => {
    await block(1n, change('a', '1'));
    start({ keyPairs: createOwnerKeyPairs(new Uint8Array(32).fill(8), [new Uint8Array(32).fill(7)]) });
    await feed!.reach(1n, 1_000);
    expect(seen()).toEqual([[1n, ['a', '1']]]);
  });

  it('waits for packets that have not come, and takes those that are of no use any more for none', async () => {
    const [late, never] = [change('a', '1'), change('b', '2')];
    await block(1n, { ...late, packet: undefined }, { ...never, packet: undefined });
    start();
    expect(await code(feed!.reach(1n, 30))).toBe('STATE_BEHIND');
    await store.write(() => {
      outbox.fill(1n, late.packetHash!, late.packet!);
    });
    feed!.wake();
    expect(await code(feed!.reach(1n, 30))).toBe('STATE_BEHIND');
    await store.write(() => {
      outbox.drop(1n, never.packetHash!);
    });
    feed!.wake();
    await feed!.reach(1n, 1_000);
    expect(seen()).toEqual([[1n, ['a', '1']]]);
  });

  it('waits no longer than it shall: it goes on without a packet, which counts once it comes', async () => {
    const late = change('a', '2');
    await block(1n, change('a', '1'), change('b', '1'));
    await block(2n, { ...late, packet: undefined }, change('b', '2'));
    await block(3n, { ...change('c', '3'), packet: undefined });
    start({ packetWaitMs: 40 });
    expect(await code(feed!.reach(2n, 10))).toBe('STATE_BEHIND');
    await feed!.reach(3n, 1_000);
    expect(warnings.filter((text) => text.startsWith('packets missing'))).toHaveLength(1);
    expect(errors.map((text) => text.slice(0, 37))).toEqual(Array(2).fill('STATE_MISSING_PACKET packets missing:'));
    await store.write(() => {
      expect(outbox.fill(2n, late.packetHash!, late.packet!)).toBe(false);
    });
    await block(4n, late);
    feed!.wake();
    await feed!.reach(4n, 1_000);
    expect(seen()).toEqual([[1n, ['a', '1'], ['b', '1']], [2n, ['', undefined], ['b', '2']], [3n, ['', undefined]], [4n, ['a', '2']]]);
  });

  it('does not wait for a packet whose entry is written anew', async () => {
    await block(1n, { ...change('a', '1'), packet: undefined });
    await block(2n, change('b', '2'));
    await block(3n, change('a', '3'));
    start();
    await feed!.reach(3n, 1_000);
    expect(seen()).toEqual([[1n, ['', undefined]], [2n, ['b', '2']], [3n, ['a', '3']]]);
  });

  it('is up to date at once after a restart, and once a store answers again', async () => {
    await block(9n, change('a', '1'));
    applied.push({ number: 9n, changes: [] });
    failure = new SelvedgeError('PLAINTEXT_STORE_UNAVAILABLE', 'down');
    const checkpoint = async (): Promise<bigint | undefined> => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (failure !== undefined) throw failure;
      return 9n;
    };
    start({ plaintext: { ...plaintext, checkpoint } });
    expect(await code(feed!.reach(9n, 1_000))).toBe('PLAINTEXT_STORE_UNAVAILABLE');
    failure = undefined;
    await expect.poll(() => code(feed!.reach(9n, 1_000))).toBe('undefined');
    await feed!.close();
    start({ plaintext: { ...plaintext, checkpoint } });
    await feed!.reach(9n, 500);
  });

  it('looks again where the store is after it was set back and mended', async () => {
    await block(1n, change('a', '1'));
    await block(2n, change('a', '2'));
    start();
    await feed!.reach(2n, 1_000);
    const kept = applied;
    applied = kept.slice(0, 1);
    await block(3n, change('a', '3'));
    feed!.wake();
    expect(await code(feed!.reach(3n, 1_000))).toMatch(/^PLAINTEXT_STORE_(GAP|BEHIND)$/);
    await expect.poll(() => code(feed!.reach(3n, 1_000))).toBe('PLAINTEXT_STORE_BEHIND');
    applied = kept;
    await expect.poll(() => code(feed!.reach(3n, 1_000))).toBe('undefined');
    expect(seen()).toEqual([[1n, ['a', '1']], [2n, ['a', '2']], [3n, ['a', '3']]]);
  });

  it('begins an empty store with no block that is not there yet', async () => {
    await store.write(() => {
      outbox.note(6n, change('late', '1'));
    });
    last = 5n;
    start();
    await feed!.reach(5n, 1_000);
    expect(seen()).toEqual([[5n]]);
    await block(6n, change('a', '1'));
    feed!.wake();
    await feed!.reach(6n, 1_000);
    expect(seen()).toEqual([[5n], [6n, ['late', '1'], ['a', '1']]]);
  });

  it('opens many copies without keeping everything else waiting', async () => {
    await block(1n, ...Array.from({ length: 200 }, (_, i) => change(String(i), 'x')));
    let turns = 0;
    const count = setInterval(() => (turns += 1), 0);
    start();
    await feed!.reach(1n, 5_000);
    clearInterval(count);
    expect(applied[0]!.changes).toHaveLength(200);
    expect(turns).toBeGreaterThan(3);
  });

  it('repeats what a store that does not answer has not taken', async () => {
    failure = new SelvedgeError('PLAINTEXT_STORE_UNAVAILABLE', 'down');
    await block(1n, change('a', '1'));
    start();
    expect(await code(feed!.reach(1n, 1_000))).toBe('PLAINTEXT_STORE_UNAVAILABLE');
    failure = undefined;
    await expect.poll(seen).toEqual([[1n, ['a', '1']]]);
    await feed!.reach(1n, 1_000);
  });

  it('fills an empty store from what the node has, once earlier changes are gone', async () => {
    await block(1n, change('a', '1'));
    start();
    await feed!.reach(1n, 1_000);
    await feed!.close();
    applied = [];
    await block(2n, change('b', '2'));
    let missing = true;
    start({ snapshot: () => ({ blockNumber: 2n, changes: [change('a', '1'), change('b', '2')].slice(missing ? 1 : 0), missing: missing ? 1 : 0 }) });
    expect(await code(feed!.reach(2n, 30))).toBe('STATE_BEHIND');
    missing = false;
    await feed!.reach(2n, 1_000);
    expect(seen()).toEqual([[2n, ['a', '1'], ['b', '2']]]);
  });

  it('fills an empty store without what does not come, and takes it when it does', async () => {
    await block(1n, change('a', '1'));
    start();
    await feed!.reach(1n, 1_000);
    await feed!.close();
    applied = [];
    const late = change('b', '2');
    await block(2n, { ...late, packet: undefined });
    start({ packetWaitMs: 0, snapshot: () => ({ blockNumber: 2n, changes: [change('a', '1')], missing: 1 }) });
    await feed!.reach(2n, 1_000);
    expect(seen()).toEqual([[2n, ['a', '1']]]);
    expect(errors.at(-1)).toMatch(/^STATE_MISSING_PACKET .*filled without/);
    await store.write(() => {
      expect(outbox.fill(2n, late.packetHash!, late.packet!)).toBe(false);
    });
  });

  it('refuses a store that is older than what it can replay', async () => {
    await block(1n, change('a', '1'));
    await block(2n, change('a', '2'));
    await block(3n, change('a', '3'));
    start();
    await feed!.reach(3n, 1_000);
    await feed!.close();
    applied = applied.slice(0, 1);
    await block(4n);
    start();
    expect(await code(feed!.reach(4n, 1_000))).toBe('PLAINTEXT_STORE_BEHIND');
    expect(seen()).toHaveLength(1);
  });
});

describe('the outbox', () => {
  it('keeps changes in order over a restart', async () => {
    await block(2n, change('b', '1'), change('a', undefined));
    await block(1n, change('c', '3'));
    await store.close();
    store = openLedgerStore({ directory });
    outbox = openPlaintextOutbox(store);
    expect(outbox.firstBlock()).toBe(1n);
    expect(outbox.changes(2n).map(({ packetHash }) => packetHash === undefined)).toEqual([false, true]);
    expect(outbox.changes(2n)[0]).toEqual({ ...change('b', '1'), ledgerKey: Buffer.from(change('b', '1').ledgerKey), packetHash: Buffer.from(change('b', '1').packetHash!) });
  });
});
