import { describe, expect, it } from 'vitest';
import { recoveryOf, summarisePhase } from './phases.js';
import type { Second } from './timeline.js';

const second = (change: Partial<Second> = {}): Second => ({ offered: 100, accepted: 100, refused: {}, p50: 20, p95: 40, ended: 100, ...change });

describe('a phase', () => {
  it('has means of rates, medians of latencies, and all refusals', () => {
    const phase = summarisePhase([second({ ended: 50, refused: { OVERLOADED: 2 } }), second({ p50: 30 }), second({ p50: 40, p95: Number.NaN, refused: { OVERLOADED: 1, TIMEOUT: 1 } })]);
    expect(phase).toEqual({ seconds: 3, offeredPerSecond: 100, acceptedPerSecond: 250 / 3, refused: { OVERLOADED: 3, TIMEOUT: 1 }, p50: 30, p95: 40 });
  });
});

describe('a recovery', () => {
  const before = { p50: 20 };
  const refused = second({ accepted: 94, refused: { OVERLOADED: 6 } });

  it('begins with the first of three seconds that are as before', () => {
    expect(recoveryOf([second(), second(), second()], before)).toBe(0);
    expect(recoveryOf([refused, second(), second(), second({ p50: 31 }), second({ p50: 30 }), second({ accepted: 95, refused: { OVERLOADED: 5 } }), second()], before)).toBe(4);
  });

  it.each([
    ['too few seconds', [second(), second()]],
    ['refusals', [second(), refused, second(), second()]],
    ['slow calls', [second({ p50: 31 }), second(), second()]],
    ['calls that are still under way', [second(), second(), second({ offered: 101 })]],
    ['seconds in which nothing was due', [second(), second(), second({ offered: 0, accepted: 0 })]],
    ['seconds without a success', [second({ accepted: 0, refused: { OVERLOADED: 100 }, p50: Number.NaN }), second(), second()]],
  ])('is none with %s', (_what, seconds) => {
    expect(recoveryOf(seconds, before)).toBeUndefined();
  });
});
