import { SelvedgeError } from '@selvedge/errors';

/** Lets a bounded number of requests run and wait. */
export interface Admission {
  /** Running and waiting. */
  readonly inFlight: number;
  /** Largest possible inFlight. */
  readonly capacity: number;
  /** Throws OVERLOADED when the queue is full, DRAINING after drain(), CANCELLED when the signal aborts the wait. */
  run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Admits nothing more; resolves when all that was admitted has ended. */
  drain(): Promise<void>;
  readonly isDraining: boolean;
}

/** Requests run in the order of their arrival. */
export function createAdmission(limits: { readonly maxRunning: number; readonly maxQueued: number }): Admission {
  const capacity = limits.maxRunning + limits.maxQueued;
  const queue: (() => void)[] = [];
  const idle: (() => void)[] = [];
  let running = 0;
  let isDraining = false;

  const turn = async (signal: AbortSignal): Promise<void> => {
    if (running < limits.maxRunning) {
      running += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      const abort = (): void => {
        queue.splice(queue.indexOf(start), 1);
        reject(new SelvedgeError('CANCELLED', 'the caller gave up while the request waited'));
        endIfIdle();
      };
      queue.push(start);
      signal.addEventListener('abort', abort, { once: true });
    });
  };

  const endIfIdle = (): void => {
    if (running === 0 && queue.length === 0) for (const resolve of idle.splice(0)) resolve();
  };

  const leave = (): void => {
    const next = queue.shift();
    // The slot passes on to the next in the queue.
    if (next !== undefined) next();
    else running -= 1;
    endIfIdle();
  };

  return {
    capacity,
    get inFlight() {
      return running + queue.length;
    },
    get isDraining() {
      return isDraining;
    },
    async run(task, signal) {
      if (isDraining) throw new SelvedgeError('DRAINING', 'the node is about to stop');
      if (running + queue.length >= capacity) throw new SelvedgeError('OVERLOADED', `${String(capacity)} requests are already under way`);
      if (signal.aborted) throw new SelvedgeError('CANCELLED', 'the caller gave up');
      await turn(signal);
      try {
        return await task();
      } finally {
        leave();
      }
    },
    drain() {
      isDraining = true;
      return new Promise((resolve) => {
        idle.push(resolve);
        endIfIdle();
      });
    },
  };
}
