import { setTimeout as sleep } from 'node:timers/promises';
import { openPlaintextStore, type PlaintextPlace, type PlaintextStore } from '@selvedge/business';
import { isSelvedgeError } from '@selvedge/errors';
import { runService } from '@selvedge/service-kit';
import { z } from 'zod';
import { crashBlock } from './crash-blocks.js';
import { OWNER } from './ports.js';

const RETRY_MS = 20;

/** Repeats what the database was not there for, as whoever applies blocks does. */
async function persist<T>(action: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (!isSelvedgeError(error, 'PLAINTEXT_STORE_UNAVAILABLE')) throw error;
      process.stdout.write(`${JSON.stringify({ unavailable: error.message })}\n`);
      await sleep(RETRY_MS);
    }
  }
}

async function applyBlocks(place: PlaintextPlace, behind: bigint): Promise<never> {
  const store: PlaintextStore = await persist(() => openPlaintextStore({ ...OWNER, place }));
  const checkpoint = (await persist(() => store.checkpoint())) ?? -1n;
  process.stdout.write(`${JSON.stringify({ opened: Number(checkpoint) })}\n`);
  for (let number = checkpoint + 1n > behind ? checkpoint + 1n - behind : 0n; ; number += 1n) {
    await persist(() => store.apply(crashBlock(number)));
    process.stdout.write(`${JSON.stringify({ applied: Number(number) })}\n`);
  }
}

// A node's writer as a process of its own, for crash tests: it applies blocks, beginning some behind the checkpoint, until it is killed.
await runService({
  role: 'business',
  config: z.strictObject({ place: z.custom<PlaintextPlace>(), behind: z.number().int() }),
  start: ({ config }) => {
    applyBlocks(config.place, BigInt(config.behind)).catch((error: unknown) => {
      process.stdout.write(`${JSON.stringify({ failed: String(error) })}\n`);
    });
    return Promise.resolve({ address: 'none', close: () => Promise.resolve() });
  },
});
