import { createTestConsortium, ENDORSER_MSP_IDS, type TestConsortium } from '@selvedge/fixtures';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { createFakeFollower, type FakeFollower } from './followers.test.support.js';
import type { LedgerViewTracker, LedgerViewTrackerOptions } from './ports.js';
import { createLedgerViewTracker } from './tracker.js';

let net: TestConsortium;
let followers: FakeFollower[];
let tracker: LedgerViewTracker;
const follower = (mspId: string): FakeFollower => createFakeFollower({ network: net.network, channel: net.channel, mspId, signer: net.organisation(mspId).peer.signer, ledger: net.state });
const track = (options: Partial<LedgerViewTrackerOptions>): LedgerViewTracker => createLedgerViewTracker({ profile: net.profile, followers: () => followers, clock: () => 0, answerTimeoutMs: 100, ...options });

const asked = (): number => followers[0]?.asked ?? 0;
/** How long the next poll is waited for, to 10 ms. */
const nextPause = async (): Promise<number> => {
  const before = asked();
  for (let ms = 10; ; ms += 10) {
    await vi.advanceTimersByTimeAsync(10);
    if (asked() > before) return ms;
  }
};
beforeAll(async () => {
  net = await createTestConsortium();
});
beforeEach(() => {
  followers = ENDORSER_MSP_IDS.map(follower);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  tracker.close();
  vi.useRealTimers();
});

it('asks a ledger at rest less and less often, and at the usual pace when it moves', async () => {
  tracker = track({ pollIntervalMs: 300 });
  await tracker.start();
  expect([await nextPause(), await nextPause(), await nextPause(), await nextPause(), await nextPause()]).toEqual([300, 450, 680, 900, 900]);
  net.state.height += 1n;
  expect([await nextPause(), await nextPause(), await nextPause()]).toEqual([900, 300, 450]);
});

it('asks at the usual pace while no quorum answers', async () => {
  tracker = track({ pollIntervalMs: 300, restIntervalMs: 600 });
  await tracker.start();
  expect([await nextPause(), await nextPause(), await nextPause(), await nextPause()]).toEqual([300, 450, 600, 600]);
  for (const each of followers) each.statement = { channel: 'another' };
  expect([await nextPause(), await nextPause(), await nextPause()]).toEqual([600, 300, 300]);
});

it('asks at the usual pace while a follower keeps it waiting, so that the view grows no older', async () => {
  const silent = follower('AuroraMSP');
  followers.push(silent);
  tracker = track({ pollIntervalMs: 300 });
  await tracker.start();
  silent.isSilent = true;
  // What it waits for an answer, 100 ms, is part of the time to the next poll.
  expect([await nextPause(), await nextPause(), await nextPause()]).toEqual([300, 400, 400]);
});

it('keeps to an interval that is longer than that of rest', async () => {
  tracker = track({ pollIntervalMs: 2_000 });
  await tracker.start();
  expect([await nextPause(), await nextPause(), await nextPause()]).toEqual([2_000, 2_000, 2_000]);
});
