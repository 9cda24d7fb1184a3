import { describe, expect, it } from 'vitest';
import { clockSkew } from './clock-skew.js';
import { parseReadinessPage } from './readiness-page.js';

describe('a page of readiness', () => {
  it('is taken by its conditions', () => {
    expect(parseReadinessPage('not ready: keys: BROKER_LOCKED\nnot ready: draining: it is stopping\n')).toEqual([
      { check: 'keys', reason: 'BROKER_LOCKED' },
      { check: 'draining', reason: 'it is stopping' },
    ]);
    expect(parseReadinessPage('ready\n')).toEqual([]);
  });

  it.each(['', 'not ready: keys', 'not ready: KEYS: x', 'not ready: keys: \u001b[2Jx', 'not ready: keys: <script>', `not ready: keys: ${'x'.repeat(65)}`, 'not ready: keys: x\r', '\0'.repeat(100)])('says nothing with %j', (page) => {
    expect(parseReadinessPage(page)).toEqual([]);
  });

  it('names a bounded number of them', () => {
    expect(parseReadinessPage('not ready: keys: x\n'.repeat(10_000))).toHaveLength(32);
  });
});

describe('a clock', () => {
  const DATE = 'Sun, 29 Nov 2026 12:00:00 GMT';
  const AT = Date.parse(DATE);

  it('may be right where whole seconds and the way there leave room', () => {
    expect(clockSkew(DATE, AT, AT)).toBe(0);
    expect(clockSkew(DATE, AT + 999, AT + 3_000)).toBe(0);
    expect(clockSkew(DATE, AT - 3_000, AT)).toBe(0);
  });

  it('is off by what is left', () => {
    expect(clockSkew(DATE, AT - 10_000, AT - 9_000)).toBe(9_000);
    expect(clockSkew(DATE, AT + 9_000, AT + 9_500)).toBe(-8_000);
  });

  it.each([undefined, '', 'yesterday', '9'.repeat(10_000)])('is not told by %j', (date) => {
    expect(clockSkew(date, 0, 1)).toBeUndefined();
  });
});
