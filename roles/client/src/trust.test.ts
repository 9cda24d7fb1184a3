import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { DEFAULT_LIMITS } from './limits.js';
import { createFakeNetwork } from './testdata/fake-network.js';
import { createTrust } from './trust.js';

/** Beyond ten listeners Node warns on standard error, unless told otherwise. */
const WAITING = 12;

it('as many requests as may be under way wait for a newer ledger view without a warning', async () => {
  const { consortium, ports } = await createFakeNetwork();
  const { profile, signedProfile } = consortium;
  const trust = createTrust({ profile, signedProfile, pins: undefined, ports, clock: () => consortium.now, limits: { ...DEFAULT_LIMITS, evidenceTimeoutMs: 300 } });
  const warnings: string[] = [];
  const note = ({ name }: Error): void => void warnings.push(name);
  process.on('warning', note);
  try {
    await trust.view();
    const waits = Array.from({ length: WAITING }, () => trust.newestView(1_000n));
    for (const wait of await Promise.allSettled(waits)) expect(wait).toMatchObject({ status: 'rejected', reason: { code: 'VIEW_BEHIND' } });
    await sleep(0); // warnings come a turn later
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', note);
    trust.close();
  }
});
