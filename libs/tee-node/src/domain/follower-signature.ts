import { SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import type { IdentitySignature } from '@selvedge/protocol';

/** Whose word a statement must be. */
export interface FollowerAsked {
  readonly mspId: string;
  readonly profile: Profile;
}

/**
 * Checks that a statement is signed by a peer of the organisation that was asked.
 * Throws SIGNATURE_INVALID, IDENTITY_UNTRUSTED when another organisation signed, and the codes of MspRegistry.verifySignature.
 * @param signed what the signature covers
 */
export function verifyFollowerSignature(signature: IdentitySignature | undefined, signed: Uint8Array, { mspId, profile }: FollowerAsked): void {
  if (signature === undefined) throw new SelvedgeError('SIGNATURE_INVALID', 'the statement has no signature');
  const identity = profile.msps.verifySignature(signature, signed, { role: 'peer' });
  if (identity.mspId !== mspId) throw new SelvedgeError('IDENTITY_UNTRUSTED', `a peer of ${identity.mspId} answered where ${mspId} was asked`);
}
