import { beforeEach, describe, expect, it } from 'vitest';
import { createVirtualClock, type VirtualClock } from './testdata/virtual-clock.js';
import { closedLoop, openLoop, percentile } from './workload.js';

let clock: VirtualClock;
beforeEach(() => {
  clock = createVirtualClock();
});

describe('a closed loop', () => {
  it('keeps its calls in flight, and counts those that end within the window', async () => {
    let [inFlight, most] = [0, 0];
    const events: [string, number][] = [];
    const window = { rampMs: 25, ms: 100, onOpen: () => events.push(['open', clock.nowMs()]), onClose: () => events.push(['close', clock.nowMs()]) };
    const slice = await clock.run(closedLoop(4, window, async () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await clock.sleep(10);
      inFlight -= 1;
    }, clock));
    expect([most, inFlight, events]).toEqual([4, 0, [['open', 25], ['close', 125]]]);
    expect(slice).toEqual({ calls: 40, failures: {}, perSecond: 400, p50: 10, p95: 10 });
  });

  it('counts refusals by code, and no rate of them', async () => {
    let calls = 0;
    const slice = await clock.run(closedLoop(1, { rampMs: 0, ms: 95 }, async () => {
      calls += 1;
      await clock.sleep(10);
      if (calls % 3 === 0) throw Object.assign(new Error('no'), { code: 'BUSY' });
      if (calls % 3 === 1) throw new RangeError('no');
    }, clock));
    expect(slice).toMatchObject({ calls: 3, failures: { BUSY: 3, RangeError: 3 } });
  });

  it('has no latency when nothing ended', async () => {
    expect(await clock.run(closedLoop(1, { rampMs: 0, ms: 5 }, () => clock.sleep(40), clock))).toEqual({ calls: 0, failures: {}, perSecond: 0, p50: Number.NaN, p95: Number.NaN });
  });
});

describe('an open loop', () => {
  it('starts calls when they are due', async () => {
    const slice = await clock.run(openLoop(8, { rampMs: 0, ms: 1_001 }, 20, () => clock.sleep(10), clock));
    expect(slice).toMatchObject({ calls: 20, p50: 10, p95: 10 });
  });

  it('counts the wait for a free place', async () => {
    // Due every 5 ms and served every 20: the k-th, which ends after 20 k, was due at 5 (k - 1).
    const slice = await clock.run(openLoop(1, { rampMs: 0, ms: 101 }, 200, () => clock.sleep(20), clock));
    expect(slice).toMatchObject({ calls: 5, p50: 50, p95: 80 });
  });

  it('ends with its window, however rarely calls are due', async () => {
    await clock.run(openLoop(2, { rampMs: 0, ms: 5 }, 0.001, () => clock.sleep(1), clock));
    expect(clock.nowMs()).toBe(5);
  });
});

it('takes the nearest rank', () => {
  expect([percentile([1, 2, 3, 4], 0.5), percentile([1, 2, 3, 4], 0.95), percentile([], 0.5)]).toEqual([2, 4, Number.NaN]);
});
