import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { facts as factKeys, verifyProfileSuccession, verifySignedProfile, type Profile } from '@selvedge/policy';
import type { Agreement } from './quorum.js';

/** What an accepted view consists of. */
export interface AcceptedState {
  readonly height: bigint;
  readonly policyRoot: Uint8Array;
  readonly supporters: readonly string[];
  /** Without the ledger's revocation lists: whoever signed a profile may have been revoked since. */
  readonly profile: Profile;
  readonly facts: ReadonlyMap<string, Uint8Array>;
}

/**
 * Decides whether an agreement may follow what was accepted before.
 * Throws VIEW_BEHIND below an accepted height, VIEW_QUORUM_UNREACHABLE when the policy changed at the same height or its
 * facts are not known, PROFILE_MISMATCH and the codes of verifyProfileSuccession for the profile recorded.
 */
export function acceptAgreement(agreement: Agreement, previous: AcceptedState | undefined, anchor: Profile): AcceptedState {
  const { height, policyRoot, supporters } = agreement;
  if (previous !== undefined && height < previous.height) {
    throw new SelvedgeError('VIEW_BEHIND', `a quorum has height ${String(height)}, ${String(previous.height)} was seen before`);
  }
  if (previous !== undefined && equalBytes(previous.policyRoot, policyRoot)) return { ...previous, height, supporters };
  if (height === previous?.height) throw new SelvedgeError('VIEW_QUORUM_UNREACHABLE', 'the policy changed without a block');
  const { facts } = agreement;
  if (facts === undefined) throw new SelvedgeError('VIEW_QUORUM_UNREACHABLE', 'no follower sent the facts of the new policy');
  return { height, policyRoot, supporters, facts, profile: succeed(previous?.profile ?? anchor, facts.get(factKeys.profile)) };
}

/**
 * The profile on the ledger when it is a newer version of ours, signed under our own quorum, otherwise ours.
 * Throws PROFILE_MISMATCH when it is another profile of the same version.
 */
function succeed(profile: Profile, signedProfile: Uint8Array | undefined): Profile {
  if (signedProfile === undefined) return profile;
  const recorded = verifySignedProfile(signedProfile);
  if (recorded.message.version < profile.message.version || equalBytes(recorded.digest, profile.digest)) return profile;
  if (recorded.message.version === profile.message.version) throw new SelvedgeError('PROFILE_MISMATCH', 'the ledger holds another network profile of the same version');
  return verifyProfileSuccession(profile, signedProfile);
}
