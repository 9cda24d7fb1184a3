import { SelvedgeError } from '@selvedge/errors';

/** "CODE: text" of the refusal that a call throws; what else it throws is thrown on. */
export function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof SelvedgeError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'nothing was refused';
}
