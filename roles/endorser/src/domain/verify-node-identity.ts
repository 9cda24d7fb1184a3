import { SelvedgeError } from '@selvedge/errors';
import type { Signer } from '@selvedge/identity';
import type { Profile } from '@selvedge/policy';

/** A node signs as a peer of an organisation in the profile: found out at its start. Throws INVALID_CONFIGURATION or IDENTITY_*. */
export function verifyNodeIdentity(signer: Signer, profile: Profile, at: Date): void {
  const identity = profile.msps.verifyIdentity(signer.serialized, at);
  if (identity.role !== 'peer') throw new SelvedgeError('INVALID_CONFIGURATION', `the identity is a ${identity.role}’s, a peer’s is needed`);
}
