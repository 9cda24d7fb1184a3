import { SelvedgeError } from '@selvedge/errors';

/** Bounds how many calls are worked on or wait. */
export interface Admission {
  readonly inFlight: number;
  /** Runs an action, after a turn of the event loop so that ledger blocks are not held up. Throws OVERLOADED when full. */
  run<T>(action: () => T | Promise<T>): Promise<T>;
}

/** @param maxInFlight calls at once; above it, OVERLOADED */
export function createAdmission(maxInFlight: number): Admission {
  let inFlight = 0;
  return {
    get inFlight() {
      return inFlight;
    },
    run: async (action) => {
      if (inFlight >= maxInFlight) throw new SelvedgeError('OVERLOADED', `${String(maxInFlight)} calls are in flight already`);
      inFlight += 1;
      try {
        await new Promise((resolve) => setImmediate(resolve));
        return await action();
      } finally {
        inFlight -= 1;
      }
    },
  };
}
