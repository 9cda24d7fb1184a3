import { isSelvedgeError, type SelvedgeError } from '@selvedge/errors';
import { bold, green, say } from './print.js';

/** Runs what must be refused with this code and prints the refusal. Throws when it is not, or otherwise. */
export async function expectRefusal(what: string, code: SelvedgeError['code'], attempt: () => Promise<void>): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    if (!isSelvedgeError(error, code) && !(isSelvedgeError(error, 'ENDORSEMENT_FAILED') && error.message.includes(code))) throw error;
    say(`   ${green('refused')} ${bold(what)}`);
    say(`           ${error.code} by ${error.role ?? 'peer'}: ${error.message}`);
    say(`           ${error.action}`);
    return;
  }
  throw new Error(`not refused: ${what}`);
}
