import type { SelvedgeError } from '@selvedge/errors';

/**
 * The process of an invocation ended, and another invocation may be why. What it did is void, so it can run again, alone:
 * then it meets its own fate only.
 */
export class SharedFate extends Error {
  override readonly name = 'SharedFate';

  constructor(readonly refusal: SelvedgeError) {
    super(refusal.message, { cause: refusal });
  }
}

/** Ends that the node decided on, which no other try would change. */
const isDecided = (error: SelvedgeError): boolean => error.code === 'DRAINING' || error.code === 'OVERLOADED';

/** What an invocation fails with when its process ends, with or without others in it. */
export const fateOf = (error: SelvedgeError, hasCompany: boolean): SelvedgeError | SharedFate => (hasCompany && !isDecided(error) ? new SharedFate(error) : error);
