import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toHex } from '@selvedge/crypto';
import { createChallenges } from './challenges.js';

const unknown = expect.objectContaining({ code: 'CHALLENGE_UNKNOWN' }) as Error;

describe('challenges', () => {
  let nowMs = 1_000;
  const create = (maxOutstanding?: number) => createChallenges({ clock: () => nowMs, randomBytes, ...(maxOutstanding === undefined ? {} : { maxOutstanding }) });

  it('are 32 fresh bytes each', () => {
    const challenges = create();
    const seen = new Set(Array.from({ length: 50 }, () => toHex(challenges.issue())));
    expect(seen.size).toBe(50);
    expect([...seen].every((nonce) => nonce.length === 64)).toBe(true);
  });

  it('are used once: a replay is refused', () => {
    const challenges = create();
    const nonce = challenges.issue();
    challenges.consume(nonce);
    expect(() => {
      challenges.consume(nonce);
    }).toThrow(unknown);
  });

  it('are refused when they were never issued', () => {
    expect(() => {
      create().consume(new Uint8Array(32));
    }).toThrow(unknown);
    expect(() => {
      create().consume(new Uint8Array(0));
    }).toThrow(unknown);
  });

  it('expire after 60 seconds', () => {
    const challenges = create();
    const [early, late] = [challenges.issue(), challenges.issue()];
    nowMs += 60_000;
    challenges.consume(early);
    nowMs += 1;
    expect(() => {
      challenges.consume(late);
    }).toThrow(unknown);
  });

  it('are bounded in number: the oldest is dropped', () => {
    const challenges = create(3);
    const [first, second] = [challenges.issue(), challenges.issue(), challenges.issue(), challenges.issue()];
    expect(() => {
      challenges.consume(first);
    }).toThrow(unknown);
    challenges.consume(second);
  });
});
