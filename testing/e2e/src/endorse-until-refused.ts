import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutedTransaction } from '@selvedge/client';

const TRIES = 200;
const PAUSE_MS = 50;

/**
 * Has a transaction endorsed until endorsers refuse it, and rejects with their refusal: they see what owners have acknowledged a moment
 * later. Resolves when they never do.
 */
export async function endorseUntilRefused(executed: Pick<ExecutedTransaction, 'endorse'>): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    await executed.endorse();
    await sleep(PAUSE_MS);
  }
}
