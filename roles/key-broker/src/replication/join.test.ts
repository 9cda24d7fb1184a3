import { SUITE_NAMES } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { describe, expect, it } from 'vitest';
import { createCallLimit, createRateLimit, DEFAULT_RATES } from '../domain/rate-limit.js';
import { askingWith, replicaOf } from '../testdata/replicas.js';
import { createTestBroker, OPERATOR_MSP } from '../testdata/setting.js';
import { joinReplicas, type JoinOptions, type ReplicaPort } from './obtain.js';
import type { ReceivedRoot } from './share.js';

const donor = createTestBroker();
const down = (address: string): ReplicaPort => replicaOf(donor, { address, challenge: () => Promise.reject(new SelvedgeError('UNAVAILABLE', 'down')) });

/** Joins with time that passes at once. */
async function join(replicas: readonly ReplicaPort[], over: Partial<JoinOptions> = {}) {
  const received: ReceivedRoot[] = [];
  const failures: string[] = [];
  const pauses: number[] = [];
  await joinReplicas({
    ...askingWith(donor.ledger),
    replicas,
    isWanted: () => received.length === 0,
    use: (root) => Promise.resolve(void received.push(root)),
    onFailure: (address, code) => failures.push(`${address} ${code}`),
    pause: (ms) => Promise.resolve(void pauses.push(ms)),
    random: () => 0,
    signal: new AbortController().signal,
    ...over,
  });
  return { received, failures, pauses };
}

describe('joining the other replicas', () => {
  it('goes on to the next one, and ends with the first that hands the root over', async () => {
    const { received, failures, pauses } = await join([down('first'), replicaOf(donor), down('third')]);
    expect(received).toHaveLength(1);
    expect(failures).toEqual(['first UNAVAILABLE']);
    expect(pauses).toEqual([]);
  });

  it('begins again after pauses that grow up to a bound, and vary', async () => {
    let rounds = 0;
    const late = replicaOf(donor, { challenge: () => ((rounds += 1) < 10 ? Promise.reject(new SelvedgeError('BROKER_LOCKED', 'locked')) : Promise.resolve(donor.broker.challenge())) });
    expect((await join([late])).pauses).toEqual([50, 100, 200, 400, 800, 1_600, 2_500, 2_500, 2_500]);
    rounds = 0;
    expect((await join([late], { random: () => 0.5 })).pauses[0]).toBe(75);
  });

  it('meets no limit of the replica that is asked: fifty kills under load, and then as many replicas as may be, refused for an hour', async () => {
    let rounds = 0;
    const refusing = replicaOf(donor, { challenge: () => ((rounds += 1) <= 1_500 ? Promise.reject(new SelvedgeError('VIEW_BEHIND', 'behind')) : Promise.resolve(donor.broker.challenge())) });
    const { pauses } = await join([refusing]);
    let nowMs = 0;
    const clock = (): number => nowMs;
    const call = createCallLimit({ rates: DEFAULT_RATES, clock, onRefused: () => undefined });
    const requests = createRateLimit({ rate: DEFAULT_RATES.releasesPerOrganisation, what: 'requests', clock });
    /** All from one address and for one organisation, each with a challenge and a request that proves who asks. */
    const ask = (times: number): void => {
      for (let i = 0; i < times; i += 1) {
        for (const port of [1, 2]) call(`10.0.0.1:${String(50_000 + 2 * i + port)}`);
        requests.take(OPERATOR_MSP);
      }
    };
    for (let kill = 0; kill < 50; kill += 1) {
      nowMs = kill * 1_000;
      // A compute node asks for keys of each suite, with the same pauses.
      for (const pause of pauses.slice(0, 4)) {
        ask(SUITE_NAMES.length);
        nowMs += pause;
      }
    }
    for (const pause of pauses) {
      ask(16);
      nowMs += pause;
    }
    expect(nowMs).toBeGreaterThan(3_600_000);
  });

  it('ends when the store does not take what came, so that the root is not handed over again and again', async () => {
    const refused = new SelvedgeError('UNLOCK_FAILED', 'no');
    const handedOver = donor.events.length;
    await expect(join([replicaOf(donor), replicaOf(donor)], { use: () => Promise.reject(refused), isWanted: () => true })).rejects.toBe(refused);
    expect(donor.events).toHaveLength(handedOver + 1);
  });

  it('stops when shares have opened the store meanwhile, or the process ends', async () => {
    let isLocked = true;
    const pause = (): Promise<void> => Promise.resolve(void (isLocked = false));
    expect((await join([down('first')], { isWanted: () => isLocked, pause })).failures).toHaveLength(1);
    const closing = new AbortController();
    const { failures } = await join([down('first'), down('second')], { signal: closing.signal, onFailure: () => { closing.abort(); } });
    expect(failures).toHaveLength(0);
    expect(closing.signal.aborted).toBe(true);
  });
});
