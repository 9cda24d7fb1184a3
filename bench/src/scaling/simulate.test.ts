import { describe, expect, it } from 'vitest';
import { simulate, type Stage } from './simulate.js';

const one = (ms: number, station = 0): Stage => [{ station, ms }];

describe('a closed loop', () => {
  it('takes as long as its stages and its delay when there is one group', () => {
    const { perSecond, utilisation } = simulate({ stations: [{ name: 'a', servers: 1 }, { name: 'b', servers: 1 }], groups: [[one(10, 0), one(30, 1)]], callsPerGroup: 4, delayMs: 60 });
    expect(perSecond).toBeCloseTo(40);
    expect(utilisation[0]).toBeCloseTo(0.1, 1);
    expect(utilisation[1]).toBeCloseTo(0.3, 1);
  });

  it('is bound by the busiest station when there are many groups, and by no other', () => {
    const groups = Array.from({ length: 20 }, () => [one(10, 0), one(25, 1)]);
    const { perSecond, utilisation } = simulate({ stations: [{ name: 'a', servers: 1 }, { name: 'b', servers: 1 }], groups, callsPerGroup: 1, delayMs: 5 });
    expect(perSecond).toBeCloseTo(40, 0);
    expect(utilisation[1]).toBeCloseTo(1, 1);
    expect(utilisation[0]).toBeCloseTo(0.4, 1);
  });

  it('never passes what its servers can do, nor what a round takes', () => {
    for (const [count, servers] of [[1, 1], [3, 2], [7, 2], [64, 4], [1_024, 3]] as const) {
      const groups = Array.from({ length: count }, () => [one(4), one(6)]);
      const { perSecond } = simulate({ stations: [{ name: 'a', servers }], groups, callsPerGroup: 1, delayMs: 20 });
      const bound = Math.min((servers * 1_000) / 10, (count * 1_000) / 30);
      // What is left in the stations when counting starts may end within it.
      expect(perSecond).toBeLessThanOrEqual(bound * 1.05);
      expect(perSecond).toBeGreaterThan(bound * 0.6);
    }
  });

  it('waits for the slowest of what works side by side', () => {
    const stage: Stage = [{ station: 0, ms: 10 }, { station: 1, ms: 40 }];
    expect(simulate({ stations: [{ name: 'a', servers: 1 }, { name: 'b', servers: 1 }], groups: [[stage]], callsPerGroup: 1, delayMs: 0 }).perSecond).toBeCloseTo(25);
    // On one server they take turns, on two they do not.
    const crowded: Stage = [{ station: 0, ms: 10 }, { station: 0, ms: 10 }];
    expect(simulate({ stations: [{ name: 'a', servers: 1 }], groups: [[crowded]], callsPerGroup: 1, delayMs: 0 }).perSecond).toBeCloseTo(50);
    expect(simulate({ stations: [{ name: 'a', servers: 2 }], groups: [[crowded]], callsPerGroup: 1, delayMs: 0 }).perSecond).toBeCloseTo(100);
  });

  it('has the same outcome each time', () => {
    const input = { stations: [{ name: 'a', servers: 2 }], groups: Array.from({ length: 9 }, (_, i) => [one(3 + i), one(5)]), callsPerGroup: 2, delayMs: 7 };
    expect(simulate(input)).toEqual(simulate(input));
  });
});
