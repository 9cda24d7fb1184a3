import { SelvedgeError, withRole, type RefusalCode } from '@selvedge/errors';

/** Why one business node did not serve a read. */
export interface FetchFailure {
  readonly mspId: string;
  readonly address: string;
  readonly error: SelvedgeError;
}

/** Most serious first: a forgery is named even when another node was merely unreachable. */
const REPORTED: readonly RefusalCode[] = ['STATE_FORGED', 'HISTORY_NOT_KEPT', 'KEY_EPOCH_UNKNOWN', 'PLAINTEXT_COPY_INVALID', 'STATE_MISSING_PACKET', 'STALE_GUARD', 'SET_DIGEST_UNCONFIRMED', 'STATE_BEHIND', 'OVERLOADED'];

/** The refusal of a read that no owner served; names every node that was asked. */
export function describeFailures(ownerSet: string, failures: readonly FetchFailure[]): SelvedgeError {
  const code = REPORTED.find((candidate) => failures.some(({ error }) => error.code === candidate)) ?? 'STATE_UNAVAILABLE';
  const asked = failures.map(({ mspId, address, error }) => `${mspId} at ${address}: ${error.code}${error.code === 'SET_DIGEST_UNCONFIRMED' ? ` (${error.message})` : ''}`).join('; ');
  return new SelvedgeError(code, `owner set ${ownerSet}: ${asked === '' ? 'no business node of its owners is configured' : asked}`);
}

/** An answer whose content does not open is forged, whatever the reason; only a missing key epoch is our own lack. */
export function openingFailure(error: unknown): SelvedgeError {
  const { code, message } = withRole(error, 'business');
  if (code === 'KEY_EPOCH_UNKNOWN' || code === 'STATE_FORGED') return new SelvedgeError(code, message);
  return new SelvedgeError('STATE_FORGED', 'a packet of the answer does not open');
}
