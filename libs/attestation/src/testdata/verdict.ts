import { isSelvedgeError } from '@selvedge/errors';

/** The code that a call is refused with; 'verified' when it is not. */
export function verdictOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return isSelvedgeError(error) ? error.code : String(error);
  }
  return 'verified';
}
