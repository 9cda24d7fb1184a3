import { isSelvedgeError } from '@selvedge/errors';
import { isKeyChange } from '@selvedge/policy';
import { pause } from './repeat.js';
import type { Session } from './session.js';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Runs a whole request again, under a new transaction id, when its keys were rotated away or its nodes revoked between
 * execution and commit: nothing of it was or will be committed, and it is executed again on fresh evidence.
 */
export async function withPresentKeys<T>({ trust, limits, closing }: Pick<Session, 'limits' | 'closing'> & { readonly trust: Pick<Session['trust'], 'refresh'> }, run: () => Promise<T>): Promise<T> {
  for (let rebuilds = 0; ; rebuilds += 1) {
    try {
      return await run();
    } catch (error) {
      // What a compute node refuses so has been tried on every other one.
      const isAgain = isSelvedgeError(error) && isKeyChange(error.code) && error.role !== 'compute';
      if (!isAgain || rebuilds >= limits.maxRebuilds) throw error;
    }
    // A compute node may see the change later than endorsers do, an owner's new key above all, which no request names.
    if (rebuilds > 0) await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (rebuilds - 1)), closing);
    await trust.refresh();
  }
}
