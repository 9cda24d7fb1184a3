import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';

/** Bounds the requests of one gateway, those that wait included, so that neither its memory nor its waits grow with what is asked of it. */
export interface RequestAdmission {
  /** Requests under way. */
  readonly inFlight: number;
  /** Throws OVERLOADED when as many are under way as may be: nothing of the request was sent then. */
  run<T>(request: () => Promise<T>): Promise<T>;
  /**
   * Until when a request may wait for a place at a node or in a batch, by the monotonic clock. A burst that fits waits for as long as an
   * execution may take. Where another was refused for want of room, here or after a wait, less than overloadWaitMs before the wait began, or after
   * that, it is at most overloadWaitMs: so waits stay short while more comes than fits, and soon after that nothing is left of it.
   * @param sinceMs when it began to wait
   */
  waitUntilMs(sinceMs: number): number;
}

export interface RequestAdmissionLimits {
  readonly maxInFlight: number;
  readonly executeTimeoutMs: number;
  readonly overloadWaitMs: number;
}

/** @param nowMs monotonic clock, milliseconds */
export function createRequestAdmission({ maxInFlight, executeTimeoutMs, overloadWaitMs }: RequestAdmissionLimits, nowMs: () => number): RequestAdmission {
  let inFlight = 0;
  let refusedAt = -Infinity;
  return {
    get inFlight() {
      return inFlight;
    },
    async run(request) {
      if (inFlight >= maxInFlight) {
        refusedAt = nowMs();
        throw new SelvedgeError('OVERLOADED', `this gateway has ${String(maxInFlight)} requests under way`, { role: 'client' });
      }
      inFlight += 1;
      try {
        return await request();
      } catch (error) {
        // Waits that end so keep this gateway below its bound: without counting them, it would take them for the end of the overload.
        if (isSelvedgeError(error, 'OVERLOADED')) refusedAt = nowMs();
        throw error;
      } finally {
        inFlight -= 1;
      }
    },
    waitUntilMs: (sinceMs) => sinceMs + (sinceMs <= refusedAt + overloadWaitMs ? Math.min(overloadWaitMs, executeTimeoutMs) : executeTimeoutMs),
  };
}
