import { SelvedgeError } from '@selvedge/errors';
import type { RequestBody } from '@selvedge/protocol';

/** The one argument of a request that names no function. Throws MALFORMED_MESSAGE. */
export function onlyArgument({ args: [argument, ...others] }: Pick<RequestBody, 'args'>): Uint8Array {
  if (argument === undefined || others.length > 0) throw new SelvedgeError('MALFORMED_MESSAGE', 'exactly one argument is expected');
  return argument;
}
