import { beforeEach, describe, expect, it } from 'vitest';
import { createVirtualClock, type VirtualClock } from '../testdata/virtual-clock.js';
import { createTimeline, GENERATOR_FULL } from './timeline.js';

let clock: VirtualClock;
beforeEach(() => {
  clock = createVirtualClock();
});

describe('a timeline', () => {
  it('makes calls when they are due, whatever becomes of those before, and tells them second by second', async () => {
    const timeline = createTimeline(() => clock.sleep(1_500), 100, clock);
    await clock.run(timeline.offer(4, 2));
    expect(clock.nowMs()).toBe(2_000);
    await clock.run(timeline.offer(2, 1));
    await clock.run(timeline.drain());
    const [first, second, third, ...rest] = timeline.seconds();
    expect([first, second, third]).toMatchObject([{ offered: 4, accepted: 4, ended: 0, p50: 1_500, p95: 1_500 }, { offered: 4, accepted: 4, ended: 2 }, { offered: 2, accepted: 2, ended: 4 }]);
    expect(rest).toMatchObject([{ offered: 0, accepted: 0, p50: Number.NaN, ended: 3 }, { ended: 1 }]);
    expect(timeline.mostOutstanding).toBe(6);
  });

  it('counts refusals by code, in the second in which their calls were due', async () => {
    const timeline = createTimeline(async () => {
      await clock.sleep(800);
      throw Object.assign(new Error('no'), { code: 'OVERLOADED' });
    }, 100, clock);
    await clock.run(timeline.offer(2, 1));
    await clock.run(timeline.drain());
    expect(timeline.seconds()[0]).toMatchObject({ offered: 2, accepted: 0, refused: { OVERLOADED: 2 } });
  });

  it('is bounded itself: what is due beyond that is not made', async () => {
    let made = 0;
    const timeline = createTimeline(() => {
      made += 1;
      return clock.sleep(10_000);
    }, 3, clock);
    await clock.run(timeline.offer(10, 1));
    expect([made, timeline.mostOutstanding, timeline.seconds()[0]?.refused]).toEqual([3, 3, { [GENERATOR_FULL]: 7 }]);
  });

  it('makes at once what a busy process was late for, and counts its wait', async () => {
    let isFirst = true;
    const late = { ...clock, nowMs: () => clock.nowMs(), sleep: (ms: number) => clock.sleep(isFirst ? 1_000 : ms) };
    const timeline = createTimeline(() => {
      isFirst = false;
      return Promise.resolve();
    }, 100, late);
    await clock.run(timeline.offer(4, 1));
    await clock.run(timeline.drain());
    expect(timeline.seconds()[0]).toMatchObject({ offered: 4, accepted: 4, p95: 0 });
  });
});
