import { create } from '@bufbuild/protobuf';
import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, parseMessage, UnlockEvidenceSchema, UnlockSlotsSchema, unlockStatementDigest, UnlockStatementSchema, type UnlockEvidence, type UnlockSlots, type UnlockStatus } from '@selvedge/protocol';
import { verifyAndAppraise } from '../appraisal/verify-and-appraise.js';
import type { AppraisalProfile, Attester, ReportDataInput } from '../types.js';

/** What a verified broker says of its lock, and the key to seal a share to. */
export interface VerifiedUnlockEvidence {
  /** Shares of the store that it has; undefined when it has none yet. */
  readonly slots: UnlockSlots | undefined;
  readonly status: UnlockStatus;
  /** HPKE public key. */
  readonly ephemeralKey: Uint8Array;
}

interface Bound {
  readonly nonce: Uint8Array;
  readonly ephemeralKey: Uint8Array;
  readonly profileDigest: Uint8Array;
  readonly statement: Uint8Array;
}

/** Evidence of a broker that may be locked: bound to the caller's nonce, the profile, its statement and its ephemeral key. */
export async function createUnlockEvidence(attester: Attester, bound: Bound): Promise<UnlockEvidence> {
  const { ephemeralKey, profileDigest, statement } = bound;
  return create(UnlockEvidenceSchema, { evidence: await attester.createEvidence(bindingOf(bound)), statement, profileDigest, ephemeralKey });
}

/**
 * What an organisation does before it lets its share go: the evidence verifies, is a key broker's by the profile, and
 * binds statement, nonce, profile and the key that the share will be sealed to.
 * Throws PROFILE_MISMATCH, EVIDENCE_*, APPRAISAL_REFUSED, SIMULATED_TEE_REFUSED, WRONG_NETWORK, WRONG_CHANNEL, MALFORMED_MESSAGE.
 * @param input.nonce 32 bytes: the caller's own, fresh
 */
export function verifyUnlockEvidence(input: { readonly answer: UnlockEvidence; readonly nonce: Uint8Array; readonly profile: AppraisalProfile; readonly at: Date }): VerifiedUnlockEvidence {
  const { answer, nonce, profile, at } = input;
  const { evidence, ephemeralKey, statement, profileDigest } = answer;
  if (!equalBytes(profileDigest, profile.digest)) throw new SelvedgeError('PROFILE_MISMATCH', 'the key broker runs with another network profile');
  if (evidence === undefined) throw new SelvedgeError('EVIDENCE_MALFORMED', 'no evidence');
  const message = parseMessage(UnlockStatementSchema, statement, LIMITS.maxFactBytes);
  const binding = bindingOf({ nonce, ephemeralKey, profileDigest: profile.digest, statement });
  verifyAndAppraise({ evidence, binding, profile, role: 'key-broker', at });
  if (message.network !== profile.message.network) throw new SelvedgeError('WRONG_NETWORK', 'the key broker serves another network');
  if (message.channel !== profile.message.channel) throw new SelvedgeError('WRONG_CHANNEL', 'the key broker serves another channel');
  if (message.status === undefined) throw new SelvedgeError('MALFORMED_MESSAGE', 'unlock statement: no status');
  const slots = message.slots.length === 0 ? undefined : parseMessage(UnlockSlotsSchema, message.slots, LIMITS.maxFactBytes);
  return { slots, status: message.status, ephemeralKey };
}

function bindingOf({ nonce, ephemeralKey, profileDigest, statement }: Bound): ReportDataInput {
  // A locked broker has no key that it signs with: the ephemeral key stands in its place.
  return { role: 'key-broker', nonce, ephemeralKey, signingKey: ephemeralKey, profileDigest, statementDigest: unlockStatementDigest(statement) };
}
