import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LedgerStore } from '../store.js';
import { openLedgerStore } from './lmdb-store.js';

describe('openLedgerStore', () => {
  let directory: string;
  let store: LedgerStore;
  const bytes = (text: string): Buffer => Buffer.from(text);

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'selvedge-store-'));
    store = openLedgerStore({ directory: path.join(directory, 'made/on/demand') });
  });
  afterEach(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });

  it('keeps what was written, after a restart too', async () => {
    const table = store.database('a');
    await store.write(() => {
      table.put(bytes('k'), bytes('v'));
      expect(table.get(bytes('k'))).toEqual(bytes('v'));
    });
    await store.close();
    store = openLedgerStore({ directory: path.join(directory, 'made/on/demand') });
    expect(store.database('a').get(bytes('k'))).toEqual(bytes('v'));
    expect(store.database('b').get(bytes('k'))).toBeUndefined();
  });

  it('writes nothing when the action throws, in any table', async () => {
    const a = store.database('a');
    const b = store.database('b');
    const failing = store.write(() => {
      a.put(bytes('k'), bytes('v'));
      b.put(bytes('k'), bytes('v'));
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(a.has(bytes('k'))).toBe(false);
    expect(b.has(bytes('k'))).toBe(false);
  });

  it('refuses writes outside of a write transaction', async () => {
    const table = store.database('a');
    expect(() => {
      table.put(bytes('k'), bytes('v'));
    }).toThrow('outside of a write');
    await store.write(() => 1).catch(() => undefined);
    expect(() => {
      table.remove(bytes('k'));
    }).toThrow('outside of a write');
  });

  it('gives copies that stay valid', async () => {
    const table = store.database('a');
    await store.write(() => {
      for (let i = 0; i < 100; i += 1) table.put(bytes(`k${String(i)}`), Buffer.alloc(100, i));
    });
    const first = table.get(bytes('k7'));
    for (let i = 0; i < 100; i += 1) table.get(bytes(`k${String(i)}`));
    await store.write(() => {
      table.put(bytes('k7'), Buffer.alloc(100, 0xff));
    });
    expect(first).toEqual(Buffer.alloc(100, 7));
  });

  it('ranges in key order, start included and end left out', async () => {
    const table = store.database('a');
    await store.write(() => {
      for (const key of [[3], [1], [2, 0], [2], [255]]) table.put(Uint8Array.from(key), Uint8Array.from(key));
    });
    const keys = (range?: Parameters<typeof table.range>[0]): number[][] => [...table.range(range)].map(({ key }) => [...key]);
    expect(keys()).toEqual([[1], [2], [2, 0], [3], [255]]);
    expect(keys({ start: Uint8Array.of(2), end: Uint8Array.of(3) })).toEqual([[2], [2, 0]]);
    expect(keys({ start: Uint8Array.of(2), limit: 1 })).toEqual([[2]]);
    expect(table.last()?.key).toEqual(Buffer.of(255));
    expect(store.database('empty').last()).toBeUndefined();
  });
});
