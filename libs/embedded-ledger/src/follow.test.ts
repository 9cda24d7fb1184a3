import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ValidationCode } from '@selvedge/protocol';
import { openLedgerStore } from './adapters/lmdb-store.js';
import { createFollower, type AppliedSummary, type BlockApplier } from './follow.js';

const TX = new Uint8Array(32).fill(7);
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'selvedge-follow-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** An application whose store already shows block 0 while its head, which moves when the block is synced, is ours to set. */
function applier(head: { height: bigint }): BlockApplier<never, AppliedSummary> {
  const tables = { result: () => ({ code: ValidationCode.VALID, blockNumber: 0n, index: 0 }) };
  return { tables, head, profile: undefined, apply: () => Promise.reject(new Error('no block comes')) } as unknown as BlockApplier<never, AppliedSummary>;
}

async function* noBlocks(): AsyncGenerator<never> {
  // Ends at once.
}

describe('createFollower', () => {
  it('tells a result only once its block is synced, even where the store shows it before', async () => {
    const head = { height: 0n };
    const follower = createFollower(applier(head), noBlocks, { store: openLedgerStore({ directory }) });
    expect(await follower.waitForResult(TX, 0)).toBeUndefined();
    const waiting = follower.waitForResult(TX, 5_000);
    head.height = 1n;
    follower.notifyResult(TX);
    expect(await waiting).toMatchObject({ code: ValidationCode.VALID });
    await follower.close();
  });
});
