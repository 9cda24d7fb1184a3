import { SelvedgeError } from '@selvedge/errors';

/**
 * How often a request that lost a conflict is made again: with a new nonce and so a new transaction id, executed again on
 * the state as it is then. For work that may run more than once with the same arguments, such as "set the price to 900";
 * a caller that acts on what it has read before, outside of the request, decides for itself.
 */
export interface ConflictRetry {
  /** Tries in all: 1 to 100. 1 is none again. */
  readonly attempts: number;
  /** Longest pause before the second try; doubles from one try to the next. Default 50. */
  readonly initialDelayMs?: number;
  /** No pause is longer. Default 2,000. */
  readonly maxDelayMs?: number;
}

const MAX_ATTEMPTS = 100;
const MAX_DELAY_MS = 60_000;
const INITIAL_DELAY_MS = 50;
const LONGEST_DELAY_MS = 2_000;

/** Fills in the defaults. Throws INVALID_CONFIGURATION and names the setting. */
export function readConflictRetry(retry: ConflictRetry): Required<ConflictRetry> {
  const { attempts, initialDelayMs = INITIAL_DELAY_MS, maxDelayMs = LONGEST_DELAY_MS } = retry;
  requireWithin('retry.attempts', attempts, 1, MAX_ATTEMPTS);
  requireWithin('retry.maxDelayMs', maxDelayMs, 0, MAX_DELAY_MS);
  requireWithin('retry.initialDelayMs', initialDelayMs, 0, MAX_DELAY_MS);
  return { attempts, initialDelayMs, maxDelayMs };
}

/**
 * The pause after so many failed tries: full jitter, evenly spread from nothing to the present bound, so that those that
 * met once do not meet again. @param random from 0 to 1, as Math.random gives it
 */
export function retryDelayMs({ initialDelayMs, maxDelayMs }: Required<ConflictRetry>, failures: number, random: () => number): number {
  return random() * Math.min(maxDelayMs, initialDelayMs * 2 ** (failures - 1));
}

function requireWithin(what: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `${what} must be a whole number from ${String(least)} to ${String(most)}`, { role: 'client' });
  }
}
