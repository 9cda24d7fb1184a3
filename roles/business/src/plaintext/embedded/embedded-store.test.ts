import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openLedgerStore } from '@selvedge/embedded-ledger';
import { refusalCodeOf } from '@selvedge/fixtures';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPlaintextStore } from '../open-plaintext-store.js';
import type { PlaintextStore } from '../plaintext-store.js';
import { isRunning, ownProcess } from './writer-process.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'selvedge-plaintext-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const open = (): Promise<PlaintextStore> => openPlaintextStore({ channel: 'gemstones', node: 'AuroraMSP', ledger: 'ab'.repeat(32), place: { kind: 'embedded', directory } });
const setWriter = async (writer: object): Promise<void> => {
  const raw = openLedgerStore({ directory });
  const meta = raw.database('plaintext-meta');
  await raw.write(() => {
    meta.put(Buffer.from('writer'), Buffer.from(JSON.stringify({ ...writer, token: 'of another' })));
  });
};

describe('the writer of an embedded store', () => {
  it('is a process, known by its number and its start', () => {
    const own = ownProcess();
    expect(isRunning(own)).toBe(true);
    expect(isRunning({ ...own, startedAt: 'before/1' })).toBe(false);
    const { pid } = spawnSync(process.execPath, ['--version']);
    expect(isRunning({ pid, startedAt: undefined })).toBe(false);
  });

  it('keeps others out while it runs, and not after it was killed', async () => {
    const parent = { pid: process.ppid, startedAt: undefined };
    await setWriter({ ...ownProcess(), ...(isRunning(parent) ? parent : {}) });
    expect(await refusalCodeOf(open())).toBe('PLAINTEXT_STORE_IN_USE');
    await setWriter({ ...ownProcess(), startedAt: 'before/1' });
    const store = await open();
    await store.apply({ number: 0n, changes: [] });
    await store.close();
  });

  it('writes no more once another has taken over, which could not see it', async () => {
    const store = await open();
    await store.apply({ number: 0n, changes: [] });
    await setWriter({ pid: 1, startedAt: 'elsewhere/1' });
    expect(await refusalCodeOf(store.apply({ number: 1n, changes: [] }))).toBe('PLAINTEXT_STORE_IN_USE');
    expect(await store.checkpoint()).toBe(0n);
    await store.close();
    const next = await open();
    expect(await next.checkpoint()).toBe(0n);
    await next.close();
  });
});
