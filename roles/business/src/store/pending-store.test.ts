import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sha256, toHex } from '@selvedge/crypto';
import { openLedgerStore, type LedgerStore } from '@selvedge/embedded-ledger';
import { refusalCodeOf } from '@selvedge/fixtures';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPendingStore, type PendingStore } from './pending-store.js';

const DIGEST = new Uint8Array(32).fill(1);
const OTHER = new Uint8Array(32).fill(2);
const PACKET = Buffer.from('packet');
const LIMITS = { maxCount: 2, maxBytes: 200, lifeBlocks: 10n };

let directory: string;
let store: LedgerStore;
let pending: PendingStore;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'selvedge-pending-'));
  store = openLedgerStore({ directory });
  pending = openPendingStore(store, LIMITS);
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

describe('pending packets', () => {
  it('are kept until a height, and survive a restart', async () => {
    expect(await pending.keep(DIGEST, [PACKET], () => 5n)).toBe(15n);
    await store.close();
    store = openLedgerStore({ directory });
    pending = openPendingStore(store, LIMITS);
    expect([...pending.packets(DIGEST).keys()]).toEqual([toHex(sha256(PACKET))]);
    expect(pending.usage.count).toBe(1);
  });

  it('are forgotten when they end, and not before', async () => {
    await pending.keep(DIGEST, [PACKET], () => 5n);
    await store.write(() => { pending.forgetEnded(14n); });
    expect(pending.packets(DIGEST).size).toBe(1);
    await store.write(() => { pending.forgetEnded(15n); });
    expect(pending.packets(DIGEST).size).toBe(0);
    expect(pending.usage).toEqual({ count: 0, bytes: 0 });
  });

  it('that are kept again end later, and count once', async () => {
    await pending.keep(DIGEST, [PACKET], () => 5n);
    const once = pending.usage;
    expect(await pending.keep(DIGEST, [PACKET], () => 9n)).toBe(19n);
    expect(pending.usage).toEqual(once);
    await store.write(() => { pending.forgetEnded(15n); });
    expect(pending.packets(DIGEST).size).toBe(1);
  });

  it('are bounded in number', async () => {
    await pending.keep(DIGEST, [], () => 5n);
    await pending.keep(OTHER, [], () => 5n);
    expect(await refusalCodeOf(pending.keep(new Uint8Array(32), [], () => 5n))).toBe('OVERLOADED');
    expect(await refusalCodeOf(pending.keep(OTHER, [], () => 5n))).toBeUndefined();
  });

  it('are bounded in bytes, and a refusal keeps nothing', async () => {
    expect(await refusalCodeOf(pending.keep(DIGEST, [Buffer.alloc(201)], () => 5n))).toBe('OVERLOADED');
    expect(pending.packets(DIGEST).size).toBe(0);
    expect(pending.usage).toEqual({ count: 0, bytes: 0 });
  });

  it('that are forgotten twice count once', async () => {
    await pending.keep(DIGEST, [PACKET], () => 5n);
    await store.write(() => {
      pending.forget(DIGEST);
      pending.forget(DIGEST);
    });
    expect(pending.usage).toEqual({ count: 0, bytes: 0 });
  });
});
