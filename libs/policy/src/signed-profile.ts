import { signAs, type SignedBy, type Signer } from '@selvedge/identity';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, SignedProfileSchema, encodeMessage, parseMessage, signing, type SignedProfile } from '@selvedge/protocol';
import { verifyAdminQuorum } from './admin-quorum.js';
import { parseProfile, type Profile } from './profile.js';
import { profileInvalid } from './profile-invalid.js';

/** An administrator's signature of NetworkProfile bytes. */
export function signProfile(profile: Uint8Array, signer: Signer): SignedBy {
  return signAs(signer, signing.profile(profile));
}

/** SignedProfile bytes. Collecting the same organisation twice does no harm. */
export function createSignedProfile(profile: Uint8Array, signatures: readonly SignedBy[]): Uint8Array {
  return encodeMessage(SignedProfileSchema, { profile, signatures: signatures.map(({ identity, signature }) => ({ identity, signature })) });
}

/** Parses SignedProfile bytes; nothing is verified. Throws PROFILE_INVALID. */
export function parseSignedProfile(bytes: Uint8Array): SignedProfile {
  try {
    return parseMessage(SignedProfileSchema, bytes, LIMITS.maxProfileBytes);
  } catch (cause) {
    throw profileInvalid('does not parse, or is too large', cause);
  }
}

/**
 * Checks a signed profile under its own quorum: the trust anchor of a role.
 * Throws PROFILE_INVALID or PROFILE_SIGNATURES_MISSING.
 */
export function verifySignedProfile(signedProfile: Uint8Array, options: { readonly at?: Date } = {}): Profile {
  const { profile: bytes, signatures } = parseSignedProfile(signedProfile);
  const profile = parseProfile(bytes);
  verifyProfileQuorum(profile, bytes, signatures, options.at);
  return profile;
}

/**
 * Checks a signed profile that follows another: same network and channel, higher version, signed under the previous
 * profile's quorum, as seen with the previous profile's roots, and under its own.
 * Throws PROFILE_INVALID, WRONG_NETWORK, WRONG_CHANNEL or PROFILE_SIGNATURES_MISSING.
 */
export function verifyProfileSuccession(previous: Profile, signedProfile: Uint8Array, options: { readonly at?: Date } = {}): Profile {
  const next = verifySignedProfile(signedProfile, options);
  const { network, channel, version } = previous.message;
  if (next.message.network !== network) throw new SelvedgeError('WRONG_NETWORK', `network profile of ${next.message.network}, ${network} expected`);
  if (next.message.channel !== channel) throw new SelvedgeError('WRONG_CHANNEL', `network profile of ${next.message.channel}, ${channel} expected`);
  if (next.message.version <= version) throw profileInvalid(`version ${String(next.message.version)} does not follow ${String(version)}`);
  verifyProfileQuorum(previous, next.bytes, parseSignedProfile(signedProfile).signatures, options.at);
  return next;
}

/** Checks signatures of profile bytes under a profile's roots and quorum. */
function verifyProfileQuorum({ msps, message }: Profile, bytes: Uint8Array, signatures: readonly SignedBy[], at: Date | undefined): void {
  verifyAdminQuorum({ msps, signatures, message: signing.profile(bytes), quorum: message.adminQuorum, at, code: 'PROFILE_SIGNATURES_MISSING' });
}
