import { readFileSync } from 'node:fs';
import { SelvedgeError } from '@selvedge/errors';
import { verifySignedProfile, type Profile } from '@selvedge/policy';
import { tlsConfig } from '@selvedge/service-kit';
import { z } from 'zod';

const text = z.string().min(1);

/** Configuration of this process: the JSON file that SELVEDGE_CONFIG names. Unknown settings are refused. */
export const policyChaincodeConfig = z.strictObject({
  /** host:port, as the package's connection.json says it; port 0 lets the system choose. */
  listen: text.default('127.0.0.1:0'),
  /** Trusted roots are those of the peer's client certificate. */
  tls: tlsConfig,
  /** Id of the installed package, label:hash. */
  packageId: text,
  network: text,
  channel: text,
  /** File of SignedProfile bytes: the trust anchor, which the first policy change must set. */
  signedProfile: text,
});

export type PolicyChaincodeConfig = z.infer<typeof policyChaincodeConfig>;

/**
 * Reads the trust anchor that the configuration names, and checks that it is of its network and channel.
 * Throws INVALID_CONFIGURATION, PROFILE_INVALID, PROFILE_SIGNATURES_MISSING, WRONG_NETWORK or WRONG_CHANNEL.
 */
export function readTrustAnchor({ signedProfile, network, channel }: PolicyChaincodeConfig): Profile {
  const profile = verifySignedProfile(readFile(signedProfile));
  if (profile.message.network !== network) throw new SelvedgeError('WRONG_NETWORK', `${signedProfile} is of network ${profile.message.network}`);
  if (profile.message.channel !== channel) throw new SelvedgeError('WRONG_CHANNEL', `${signedProfile} is of channel ${profile.message.channel}`);
  return profile;
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `cannot read ${path}`, { cause });
  }
}
