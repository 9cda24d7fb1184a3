import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { equalBytes } from '@selvedge/crypto';
import { createMspRegistry, type MspRegistry } from '@selvedge/identity';
import { LIMITS, NetworkProfileSchema, compareText, encodeMessage, parseMessage, profileDigest, type NetworkProfile } from '@selvedge/protocol';
import { orderAppraisalPolicies } from './appraisal-policy/order.js';
import { orderKeyAccessNamespaces } from './key-access/order.js';
import { checkProfile } from './profile-checks.js';
import { profileInvalid } from './profile-invalid.js';

/** A checked network profile. */
export interface Profile {
  /** protocol.profileDigest of its bytes, 32 bytes. */
  readonly digest: Uint8Array;
  readonly bytes: Uint8Array;
  readonly message: NetworkProfile;
  readonly msps: MspRegistry;
}

/** Parses and checks NetworkProfile bytes by themselves; signatures are verifySignedProfile's part. Throws PROFILE_INVALID. */
export function parseProfile(bytes: Uint8Array): Profile {
  const message = parse(bytes);
  // Fields that this release does not know would pass unseen, though organisations signed them.
  if (!equalBytes(encodeMessage(NetworkProfileSchema, message), bytes)) throw profileInvalid('unknown fields, or not encoded canonically');
  checkProfile(message);
  const msps = createMspRegistry(message.organisations);
  if (message.sequencer.length > 0) checkSequencer(message.sequencer, msps);
  return { digest: profileDigest(bytes), bytes, message, msps };
}

function parse(bytes: Uint8Array): NetworkProfile {
  try {
    return parseMessage(NetworkProfileSchema, bytes, LIMITS.maxProfileBytes);
  } catch (cause) {
    throw profileInvalid('does not parse, or is too large', cause);
  }
}

function checkSequencer(sequencer: Uint8Array, msps: MspRegistry): void {
  let role: string;
  try {
    ({ role } = msps.verifyIdentity(sequencer));
  } catch (cause) {
    throw profileInvalid('the sequencer is not an identity of its organisations', cause);
  }
  if (role !== 'orderer') throw profileInvalid(`the sequencer’s identity is of role ${role}, orderer expected`);
}

/** Encodes a profile, its organisations, appraisal policies and key access rules in order, and checks it. Throws PROFILE_INVALID. */
export function createProfile(init: MessageInitShape<typeof NetworkProfileSchema>): Uint8Array {
  const message = create(NetworkProfileSchema, init);
  const bytes = encodeMessage(NetworkProfileSchema, {
    ...message,
    organisations: [...message.organisations].sort((a, b) => compareText(a.mspId, b.mspId)),
    appraisalPolicies: orderAppraisalPolicies(message.appraisalPolicies),
    keyAccess: orderKeyAccessNamespaces(message.keyAccess),
  });
  parseProfile(bytes);
  return bytes;
}
