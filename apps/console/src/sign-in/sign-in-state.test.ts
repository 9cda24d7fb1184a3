import { describe, expect, it } from 'vitest';
import { createFailureLimit } from './failure-limit.js';
import { createOneTimeValues } from './one-time-values.js';
import { createSessions } from './sessions.js';

const REQUIRED = expect.objectContaining({ code: 'SIGN_IN_REQUIRED' }) as Error;

describe('one-time values', () => {
  it('are taken once, in time, and cannot be guessed', () => {
    let now = 0;
    const values = createOneTimeValues<string>({ nowMs: () => now, lifetimeMs: 1_000 });
    const [first, second] = [values.issue('a'), values.issue('b')];
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(first).not.toBe(second);
    expect([values.take(first), values.take(first), values.take('0'.repeat(64))]).toEqual(['a', undefined, undefined]);
    now = 1_000;
    expect(values.take(second)).toBeUndefined();
  });

  it('are bounded', () => {
    let now = 0;
    const values = createOneTimeValues<number>({ nowMs: () => now, lifetimeMs: 1_000 });
    for (let i = 0; i < 64; i += 1) values.issue(i);
    expect(() => values.issue(64)).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }));
    now = 1_000;
    expect(values.issue(65)).toHaveLength(64);
  });
});

describe('sessions', () => {
  const open = () => {
    let now = 0;
    const ended: string[] = [];
    const sessions = createSessions<string>({ nowMs: () => now, lifetimeMs: 1_000, onEnd: (content) => ended.push(content) });
    return { sessions, ended, setNow: (ms: number) => { now = ms; } };
  };

  it('need cookie and token, of one session', () => {
    const { sessions } = open();
    const [a, b] = [sessions.begin('a', 5_000), sessions.begin('b', 5_000)];
    expect(sessions.verify(a.id, a.token).content).toBe('a');
    for (const [cookie, token] of [[a.id, undefined], [undefined, a.token], [a.id, b.token], [a.token, a.id], [a.id, ''], [a.id, `${a.token}0`], ['', '']]) {
      expect(() => sessions.verify(cookie, token), `${String(cookie)} ${String(token)}`).toThrow(REQUIRED);
    }
  });

  it('end: by time, with the certificate, by sign-out, with the console', () => {
    const { sessions, ended, setNow } = open();
    const [long, short, out] = [sessions.begin('long', 5_000), sessions.begin('short', 500), sessions.begin('out', 5_000)];
    sessions.end(out.id);
    expect(() => sessions.verify(out.id, out.token)).toThrow(REQUIRED);
    setNow(500);
    expect(() => sessions.verify(short.id, short.token)).toThrow(REQUIRED);
    expect(sessions.verify(long.id, long.token).content).toBe('long');
    setNow(1_000);
    expect(() => sessions.verify(long.id, long.token)).toThrow(REQUIRED);
    sessions.begin('last', 5_000);
    sessions.endAll();
    expect([sessions.size, ended]).toEqual([0, ['out', 'short', 'long', 'last']]);
  });

  it('are bounded: the oldest makes room', () => {
    const { sessions, ended } = open();
    for (let i = 0; i <= 32; i += 1) sessions.begin(String(i), 5_000);
    expect([sessions.size, ended]).toEqual([32, ['0']]);
  });
});

it('failures slow whoever guesses down, for a while', () => {
  let now = 0;
  const limit = createFailureLimit({ nowMs: () => now, max: 3, windowMs: 60_000 });
  for (let i = 0; i < 3; i += 1) {
    limit.verifyMayTry();
    limit.failed();
  }
  now = 1_500;
  expect(() => { limit.verifyMayTry(); }).toThrow(expect.objectContaining({ code: 'RATE_LIMITED', message: expect.stringContaining('wait 59 s') as string }));
  now = 60_000;
  limit.verifyMayTry();
});
