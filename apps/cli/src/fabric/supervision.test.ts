import { describe, expect, it } from 'vitest';
import { countFailure, nextStep, pauseMs, type Held } from './supervision.js';
import type { WrittenService } from './write-services.js';

const listed = (name: string, fingerprint = 'a'): WrittenService => ({ name, service: 'business', mspId: 'AMSP', address: 'x:1', configFile: 'c', fingerprint });
const held = (isRunning = true, fingerprint = 'a'): Held => ({ fingerprint, isRunning: () => isRunning });
const step = (services: WrittenService[], running: Record<string, Held>, failures: Record<string, { count: number; at: number }> = {}) => {
  const { stop, start } = nextStep({ listed: services, running: new Map(Object.entries(running)), failures: new Map(Object.entries(failures)), now: 10_000 });
  return { stop, start: start.map(({ name }) => name) };
};

describe('nextStep', () => {
  it('starts what is listed and leaves what runs', () => {
    expect(step([listed('a'), listed('b')], { a: held() })).toEqual({ stop: [], start: ['b'] });
  });

  it('ends what is not listed any more, and restarts what has another configuration', () => {
    expect(step([listed('a', 'new')], { a: held(), gone: held() })).toEqual({ stop: ['a', 'gone'], start: ['a'] });
  });

  it('waits before it starts again what ended', () => {
    expect(step([listed('a')], { a: held(false) }, { a: { count: 1, at: 9_500 } })).toEqual({ stop: [], start: [] });
    expect(step([listed('a')], { a: held(false) }, { a: { count: 1, at: 9_000 } })).toEqual({ stop: [], start: ['a'] });
  });
});

describe('pauses', () => {
  it('grow to half a minute', () => {
    expect([1, 2, 3, 4, 5, 6, 60].map(pauseMs)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('begin anew after a long run', () => {
    expect(countFailure(undefined, 5)).toEqual({ count: 1, at: 5 });
    expect(countFailure({ count: 4, at: 5 }, 6)).toEqual({ count: 5, at: 6 });
    expect(countFailure({ count: 4, at: 5 }, 400_000)).toEqual({ count: 1, at: 400_000 });
  });
});
