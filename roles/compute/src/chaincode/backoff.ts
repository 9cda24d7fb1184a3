import type { ChaincodeLimits } from './limits.js';

type FailureKind = 'start' | 'crash';

/** When a process that failed may be started again. Times are milliseconds of a monotonic clock. */
export interface Backoff {
  /** Milliseconds to wait, 0 when it may start. */
  waitMs(key: string): number;
  failed(key: string, kind: FailureKind): void;
  /** How it failed last. */
  lastKind(key: string): FailureKind | undefined;
  succeeded(key: string): void;
}

/** Builds the record: a first crash restarts at once, anything repeated waits twice as long each time. */
export function createBackoff(limits: ChaincodeLimits, now: () => number): Backoff {
  const failures = new Map<string, { count: number; notBefore: number; kind: FailureKind }>();
  return {
    waitMs: (key) => Math.max(0, Math.ceil((failures.get(key)?.notBefore ?? 0) - now())),
    failed: (key, kind) => {
      const count = (failures.get(key)?.count ?? 0) + 1;
      const steps = kind === 'start' ? count - 1 : count - 2;
      const delayMs = steps < 0 ? 0 : Math.min(limits.maxBackoffMs, limits.minBackoffMs * 2 ** steps);
      failures.set(key, { count, notBefore: delayMs === 0 ? 0 : now() + delayMs, kind });
    },
    lastKind: (key) => failures.get(key)?.kind,
    succeeded: (key) => {
      failures.delete(key);
    },
  };
}
