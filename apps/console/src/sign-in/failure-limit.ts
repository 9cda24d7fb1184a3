import { SelvedgeError } from '@selvedge/errors';

/** Slows down whoever guesses. */
export interface FailureLimit {
  /** Throws RATE_LIMITED after too many failures. */
  verifyMayTry(): void;
  failed(): void;
}

/** @param limit.max failures within windowMs, of all callers together: on loopback one cannot be told from another */
export function createFailureLimit({ nowMs, max, windowMs }: { readonly nowMs: () => number; readonly max: number; readonly windowMs: number }): FailureLimit {
  let failures: number[] = [];
  return {
    verifyMayTry() {
      failures = failures.filter((at) => at > nowMs() - windowMs);
      const [oldest] = failures;
      if (oldest === undefined || failures.length < max) return;
      throw new SelvedgeError('RATE_LIMITED', `too many failed sign-ins: wait ${String(Math.ceil((oldest + windowMs - nowMs()) / 1000))} s`, { role: 'console' });
    },
    failed() {
      failures.push(nowMs());
    },
  };
}
