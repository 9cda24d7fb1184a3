import { SelvedgeError } from '@selvedge/errors';
import { facts, verifySignedProfile, type FactReader, type Profile } from '@selvedge/policy';

/** The network that a chaincode process is configured for. */
export interface ExpectedNetwork {
  readonly network: string;
  readonly channel: string;
}

/** Checked profiles by the fact's own bytes: the fact cache keeps one array per value. */
const checked = new WeakMap<Uint8Array, Profile>();

/**
 * The profile that the policy chaincode holds. Throws NOT_READY when there is none yet, WRONG_NETWORK or WRONG_CHANNEL
 * when it is another network's than this process serves, PROFILE_INVALID or PROFILE_SIGNATURES_MISSING.
 */
export function recordedProfile(reader: FactReader, expected: ExpectedNetwork): Profile {
  const bytes = reader.fact(facts.profile);
  if (bytes === undefined) throw new SelvedgeError('NOT_READY', 'the policy chaincode holds no network profile yet');
  const profile = checked.get(bytes) ?? verifySignedProfile(bytes);
  checked.set(bytes, profile);
  if (profile.message.network !== expected.network) throw new SelvedgeError('WRONG_NETWORK', 'the policy chaincode holds the profile of another network');
  if (profile.message.channel !== expected.channel) throw new SelvedgeError('WRONG_CHANNEL', 'the policy chaincode holds the profile of another channel');
  return profile;
}
