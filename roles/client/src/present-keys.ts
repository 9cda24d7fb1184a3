import { toHex } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { isKeyChange } from '@selvedge/policy';
import { blockOfVerdict } from './domain/commit-status.js';
import { pause } from './repeat.js';
import type { Requests } from './requests.js';
import type { Session } from './session.js';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 1_000;

type KeySession = Pick<Session, 'limits' | 'closing'> & { readonly trust: Pick<Session['trust'], 'refresh'> };

/** What a compute node refuses so has been tried on every other one. */
function isOutdated(error: unknown): error is SelvedgeError {
  return isSelvedgeError(error) && isKeyChange(error.code) && error.role !== 'compute';
}

/**
 * Runs a whole request again, under a new transaction id, when its keys were rotated away or its nodes revoked between
 * execution and commit: nothing of it was or will be committed, and it is executed again on fresh evidence.
 */
export async function withPresentKeys<T>({ trust, limits, closing }: KeySession, run: () => Promise<T>, isAgain: (error: unknown) => boolean = isOutdated): Promise<T> {
  for (let rebuilds = 0; ; rebuilds += 1) {
    try {
      return await run();
    } catch (error) {
      if (!isAgain(error) || rebuilds >= limits.maxRebuilds) throw error;
    }
    // A compute node may see the change later than endorsers do, an owner's new key above all, which no request names.
    if (rebuilds > 0) await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (rebuilds - 1)), closing);
    await trust.refresh();
  }
}

/**
 * The same under the id that the requests have, since others were given it and may hold an execution of it that commits yet: with a new
 * id the request could be committed twice. Throws COMMIT_UNKNOWN where the present keys do not help. What the ledger itself finds of the
 * id is thrown as it is: that is made again under another.
 */
export async function withPresentKeysOfId<T>(session: KeySession, requests: Requests, run: () => Promise<T>): Promise<T> {
  const isOpen = (error: unknown): error is SelvedgeError => isOutdated(error) && blockOfVerdict(error) === undefined;
  let hasRun = false;
  const runOnPresentKeys = (): Promise<T> => {
    if (hasRun) requests.renew();
    hasRun = true;
    return run();
  };
  try {
    return await withPresentKeys(session, runOnPresentKeys, isOpen);
  } catch (error) {
    if (!isOpen(error)) throw error;
    const txId = toHex(requests.txId);
    throw new SelvedgeError('COMMIT_UNKNOWN', `transaction ${txId} was handed to others, and is refused for its keys by itself (${error.code}); ask for its commit status`, { role: 'client', details: { txId }, cause: error });
  }
}
