import { withRole } from '@selvedge/errors';

/**
 * What may be logged of a failure: its code and, of an unexpected one, the class and where it came from. Messages are
 * left out: a foreign error may repeat content.
 */
export function failureText(error: unknown): { readonly code: string; readonly cause?: string; readonly frames?: readonly string[] } {
  const { code, cause } = withRole(error, 'compute');
  if (code !== 'INTERNAL' || !(cause instanceof Error)) return { code };
  const lines = (cause.stack ?? '').split('\n');
  // The message may have several lines; frames alone begin so.
  const frames = lines.filter((line) => /^ {4}at [^\n]+:\d+:\d+\)?$/.test(line)).map((line) => line.trim());
  return { code, cause: cause.name, frames };
}
