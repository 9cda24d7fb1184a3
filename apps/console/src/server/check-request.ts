import { SelvedgeError } from '@selvedge/errors';

/** What a browser or a program says of where a call comes from. */
export interface CallOrigin {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Fetch Metadata (https://www.w3.org/TR/fetch-metadata/). */
  readonly fetchSite: string | undefined;
}

const SAFE = ['GET', 'HEAD'];

/**
 * Checks that a call is meant for this console. Throws ORIGIN_REFUSED for another Host, as a name that was bound anew to this
 * address gives (DNS rebinding); for another page's call; and for one that changes something and does not name its page.
 * @param own scheme://host:port
 */
export function verifyCallOrigin({ method, host, origin, fetchSite }: CallOrigin, own: string): void {
  if (host?.toLowerCase() !== new URL(own).host) throw refused('the call names another host');
  if (origin !== undefined && origin !== own) throw refused('the call comes from another page');
  if (origin === undefined && !SAFE.includes(method)) throw refused('a call that changes something must name the page that it comes from');
  if (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none') throw refused('the call comes from another site');
}

const refused = (message: string): SelvedgeError => new SelvedgeError('ORIGIN_REFUSED', message, { role: 'console' });
