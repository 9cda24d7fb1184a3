import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../workload.js';

/** A clock that jumps to the next sleeper as soon as nothing else is to be done. */
export interface VirtualClock extends Clock {
  /** Lets time pass until the work is done. */
  run<T>(work: Promise<T>): Promise<T>;
}

export function createVirtualClock(): VirtualClock {
  let now = 0;
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  return {
    nowMs: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleeper = { at: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          resolve();
        });
      }),
    async run(work) {
      let isDone = false;
      const done = work.finally(() => {
        isDone = true;
      });
      for (;;) {
        await setImmediate();
        const [next] = [...sleepers].sort((a, b) => a.at - b.at);
        // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- the work sets it
        if (isDone || next === undefined) return done;
        sleepers.delete(next);
        now = next.at;
        next.wake();
      }
    },
  };
}
