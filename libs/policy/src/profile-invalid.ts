import { SelvedgeError } from '@selvedge/errors';

/** PROFILE_INVALID with what is wrong. */
export function profileInvalid(what: string, cause?: unknown): SelvedgeError {
  return new SelvedgeError('PROFILE_INVALID', `network profile: ${what}`, { cause });
}
