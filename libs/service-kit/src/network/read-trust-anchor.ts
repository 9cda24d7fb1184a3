import { SelvedgeError } from '@selvedge/errors';
import { verifySignedProfile, type Profile } from '@selvedge/policy';
import { readConfigured } from '../read-configured.js';

/** What every service says of the network that it belongs to. */
export interface TrustAnchorSettings {
  /** File of SignedProfile bytes. */
  readonly signedProfile: string;
  readonly network: string;
  readonly channel: string;
}

/**
 * Reads the profile that a service starts from, and checks that it is of the configured network and channel. No time
 * enters: a service must start after the certificates that signed its profile have ended.
 * Throws INVALID_CONFIGURATION, PROFILE_INVALID, PROFILE_SIGNATURES_MISSING, WRONG_NETWORK or WRONG_CHANNEL.
 */
export function readTrustAnchor({ signedProfile, network, channel }: TrustAnchorSettings): Profile {
  const profile = verifySignedProfile(readConfigured(signedProfile));
  if (profile.message.network !== network) throw new SelvedgeError('WRONG_NETWORK', `${signedProfile} is of network ${profile.message.network}`);
  if (profile.message.channel !== channel) throw new SelvedgeError('WRONG_CHANNEL', `${signedProfile} is of channel ${profile.message.channel}`);
  return profile;
}
