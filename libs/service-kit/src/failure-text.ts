import { withRole } from '@selvedge/errors';

/**
 * What may be logged of a failure: its code and, of an unexpected one, the class and where it came from. Messages are
 * left out: a foreign error may repeat content.
 */
export function failureText(error: unknown): { readonly code: string; readonly cause?: string; readonly frames?: readonly string[] } {
  const { code, cause } = withRole(error, 'ledger');
  if (code !== 'INTERNAL' || !(cause instanceof Error)) return { code };
  const { stack = '', message } = cause;
  const start = stack.indexOf(message);
  // Behind the message, which may have several lines and look like frames itself.
  const lines = start < 0 ? [] : stack.slice(start + message.length).split('\n');
  const frames = lines.map((line) => line.trim()).filter((line) => line.startsWith('at '));
  return { code, cause: cause.name, frames };
}
