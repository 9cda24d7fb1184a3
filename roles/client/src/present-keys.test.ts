import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { expect, it } from 'vitest';
import { DEFAULT_LIMITS } from './limits.js';
import { withPresentKeysOfId } from './present-keys.js';
import type { Requests } from './requests.js';

/** Counts what is done; the runs fail in turn with these. */
async function runWith(...failures: readonly SelvedgeError[]): Promise<{ readonly end: unknown; readonly runs: number; readonly renewals: number }> {
  let [runs, renewals] = [0, 0];
  const requests = { txId: new Uint8Array(32).fill(7), renew: () => { renewals += 1; } } as unknown as Requests;
  const session = { limits: { ...DEFAULT_LIMITS, maxRebuilds: 1 }, closing: new AbortController().signal, trust: { refresh: () => Promise.resolve() as never } };
  const end: unknown = await withPresentKeysOfId(session, requests, () => {
    const failure = failures[runs];
    runs += 1;
    return failure === undefined ? Promise.resolve('committed') : Promise.reject(failure);
  }).catch((error: unknown) => (isSelvedgeError(error) ? error.code : error));
  return { end, runs, renewals };
}
const retired = (details: Record<string, string> = {}): SelvedgeError => new SelvedgeError('KEY_EPOCH_RETIRED', 'retired', { role: 'endorser', details });

it('a request that others were given is built anew under its id when its keys have changed', async () => {
  expect(await runWith(retired())).toEqual({ end: 'committed', runs: 2, renewals: 1 });
});

it('it is COMMIT_UNKNOWN when that does not help: with another id it could be committed twice', async () => {
  expect(await runWith(retired(), retired())).toEqual({ end: 'COMMIT_UNKNOWN', runs: 2, renewals: 1 });
});

it('the ledger’s own verdict on the id ends it, and other refusals do', async () => {
  expect(await runWith(retired({ blockNumber: '7' }))).toEqual({ end: 'KEY_EPOCH_RETIRED', runs: 1, renewals: 0 });
  expect(await runWith(new SelvedgeError('STALE_READ', 'stale', { role: 'endorser' }))).toEqual({ end: 'STALE_READ', runs: 1, renewals: 0 });
});
