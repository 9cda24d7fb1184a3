import { isSelvedgeError } from '@selvedge/errors';
import { readConflictRetry, retryDelayMs, type ConflictRetry } from './domain/conflict-retry.js';
import { isConflict } from './domain/retry.js';

/** What waiting and chance come from. */
export interface RetrySources {
  /** From 0 to 1. */
  readonly random: () => number;
  /** Rejects with CANCELLED when the gateway is closed or the caller gives up. */
  readonly pause: (ms: number) => Promise<void>;
}

/**
 * Runs a whole request again while it loses conflicts, at most as often as the policy says; once without one. Every other
 * refusal ends it, COMMIT_UNKNOWN above all: that transaction may well be committed.
 */
export async function retryOnConflict<T>(run: () => Promise<T>, retry: ConflictRetry | undefined, sources: RetrySources): Promise<T> {
  const policy = readConflictRetry(retry ?? { attempts: 1 });
  for (let failures = 1; ; failures += 1) {
    try {
      return await run();
    } catch (error) {
      if (!isSelvedgeError(error) || !isConflict(error.code) || failures >= policy.attempts) throw error;
    }
    await sources.pause(retryDelayMs(policy, failures, sources.random));
  }
}
