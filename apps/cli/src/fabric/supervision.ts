import type { WrittenService } from './write-services.js';

/** A process as the supervisor holds it. */
export interface Held {
  readonly fingerprint: string;
  isRunning(): boolean;
}

/** How often a process has failed, and when last, in monotonic milliseconds. */
export interface Failures {
  readonly count: number;
  readonly at: number;
}

/** A process that ran so long since its last failure starts anew with the shortest pause. */
const FORGET_MS = 300_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** What the supervisor does next: ends what is not listed any more or outdated, and starts what is listed and does not run. */
export function nextStep(state: {
  readonly listed: readonly WrittenService[];
  readonly running: ReadonlyMap<string, Held>;
  readonly failures: ReadonlyMap<string, Failures>;
  /** Monotonic milliseconds. */
  readonly now: number;
}): { readonly stop: readonly string[]; readonly start: readonly WrittenService[] } {
  const { listed, running, failures, now } = state;
  const isCurrent = (name: string): boolean => {
    const held = running.get(name);
    return held !== undefined && held.isRunning() && listed.find((service) => service.name === name)?.fingerprint === held.fingerprint;
  };
  const isDue = (name: string): boolean => {
    const failed = failures.get(name);
    return failed === undefined || now - failed.at >= pauseMs(failed.count);
  };
  return {
    stop: [...running.keys()].filter((name) => running.get(name)?.isRunning() === true && !isCurrent(name)),
    start: listed.filter(({ name }) => !isCurrent(name) && isDue(name)),
  };
}

/** How long a process that ended stays down: the longer, the more often it has ended. */
export function pauseMs(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.max(0, failures - 1), LONGEST_PAUSE_MS);
}

/** Counts one more failure. @param now monotonic milliseconds */
export function countFailure(previous: Failures | undefined, now: number): Failures {
  return { count: previous === undefined || now - previous.at > FORGET_MS ? 1 : previous.count + 1, at: now };
}
