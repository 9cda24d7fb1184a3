/** When a call that takes unusually long is made to a second node as well. */
export interface Hedging {
  /** Notes how long an answer took. */
  took(ms: number): void;
  /** How long a call may take before a second one is worth it, in milliseconds; undefined: too little is known yet. */
  patienceMs(): number | undefined;
  /** Takes one hedge of the allowance; false when there is none left. */
  take(): boolean;
}

/** Answers to have seen first: of a new session most wait for processes that start. */
const LEAST_SAMPLES = 20;
/** A second call costs a whole execution. */
const LEAST_PATIENCE_MS = 100;
/** Of a second call for each call; so many may come at once after a quiet time. */
const SHARE = 0.05;
const MOST_SAVED = 5;

/**
 * Patience is the smoothed time of an answer plus four times its smoothed deviation, as RFC 6298 section 2 has it for
 * retransmissions. Second calls are at most one in twenty: when everything is slow, they would only add to the load.
 */
export function createHedging(): Hedging {
  let samples = 0;
  let smoothedMs = 0;
  let deviationMs = 0;
  let allowance = 0;
  return {
    took(ms) {
      allowance = Math.min(MOST_SAVED, allowance + SHARE);
      deviationMs = samples === 0 ? ms / 2 : deviationMs * 0.75 + Math.abs(smoothedMs - ms) * 0.25;
      smoothedMs = samples === 0 ? ms : smoothedMs * 0.875 + ms * 0.125;
      samples += 1;
    },
    patienceMs: () => (samples < LEAST_SAMPLES ? undefined : Math.max(LEAST_PATIENCE_MS, smoothedMs + 4 * deviationMs)),
    take() {
      if (allowance < 1) return false;
      allowance -= 1;
      return true;
    },
  };
}
