import { SelvedgeError } from '@selvedge/errors';
import type { LedgerView } from '@selvedge/ledger-view';
import type { IdentitySignature } from '@selvedge/protocol';

/**
 * Whether the operator, whose signature was checked under the broker's own profile, is still recognised on the ledger: its
 * organisation may have revoked the certificate since. Throws IDENTITY_REVOKED and the other codes of MspRegistry.verifyIdentity.
 */
export function verifyOperatorStands(operator: IdentitySignature | undefined, { profile }: Pick<LedgerView, 'profile'>): void {
  if (operator === undefined) throw new SelvedgeError('IDENTITY_MALFORMED', 'the operator’s signature is missing');
  profile.msps.verifyIdentity(operator.identity);
}
