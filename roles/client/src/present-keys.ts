import { isSelvedgeError } from '@selvedge/errors';
import { isKeyChange } from '@selvedge/policy';
import type { Session } from './session.js';

/**
 * Runs a whole request again, under a new transaction id, when its keys were rotated away or its nodes revoked between
 * execution and commit: nothing of it was or will be committed, and it is executed again on fresh evidence.
 */
export async function withPresentKeys<T>({ trust, limits }: Pick<Session, 'limits'> & { readonly trust: Pick<Session['trust'], 'refresh'> }, run: () => Promise<T>): Promise<T> {
  for (let rebuilds = 0; ; rebuilds += 1) {
    try {
      return await run();
    } catch (error) {
      // What a compute node refuses so has been tried on every other one.
      const isAgain = isSelvedgeError(error) && isKeyChange(error.code) && error.role !== 'compute';
      if (!isAgain || rebuilds >= limits.maxRebuilds) throw error;
    }
    await trust.refresh();
  }
}
