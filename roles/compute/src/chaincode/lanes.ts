import { SelvedgeError } from '@selvedge/errors';

/** Places in which one task runs at a time. */
export interface Lanes {
  /**
   * Waits for a free lane and runs a task in it.
   *
   * @throws SelvedgeError CANCELLED (the signal), or what the task throws
   */
  run<T>(signal: AbortSignal, task: (lane: number) => Promise<T>): Promise<T>;
}

/** Builds lanes that are taken in order of arrival. */
export function createLanes(count: number): Lanes {
  const free = Array.from({ length: count }, (_, index) => index);
  const waiting: ((lane: number) => void)[] = [];

  const acquire = (signal: AbortSignal): Promise<number> => {
    const lane = free.shift();
    if (lane !== undefined) return Promise.resolve(lane);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        waiting.splice(waiting.indexOf(take), 1);
        reject(new SelvedgeError('CANCELLED', 'the caller gave up', { role: 'compute' }));
      };
      const take = (granted: number): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(granted);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      waiting.push(take);
    });
  };

  return {
    run: async (signal, task) => {
      const lane = await acquire(signal);
      try {
        return await task(lane);
      } finally {
        const next = waiting.shift();
        if (next === undefined) free.push(lane);
        else next(lane);
      }
    },
  };
}
