import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { parseFabricEndorsement } from '@selvedge/fabric';
import type { MspRegistry, SignedBy } from '@selvedge/identity';
import { isEndorsementPolicySatisfied } from '@selvedge/policy';
import { targetDigest, type TargetData } from '@selvedge/protocol';
import { refusalBy, verifyEndorsementPayload } from './endorsements.js';
import type { Requirements } from './requirements.js';

/** What an endorsed Fabric transaction holds for the client. */
export interface FabricAnswer {
  /** FabricEndorsement bytes. */
  readonly response: Uint8Array;
  /** Each endorser signed these, followed by its own identity. */
  readonly signedPayload: Uint8Array;
  readonly endorsements: readonly SignedBy[];
}

export interface ExpectedFabricEndorsement {
  readonly network: string;
  readonly channel: string;
  readonly targetData: TargetData;
  readonly requirements: Requirements;
  readonly msps: MspRegistry;
}

/**
 * Checks what Fabric's endorsers signed, as the client checks its own endorsers: the gateway peer that brings it is not
 * believed. Returns the EndorsementPayload bytes. Throws ENDORSEMENT_FAILED when it is of something else,
 * ENDORSEMENT_POLICY_FAILURE when the signers are too few, IDENTITY_*, SIGNATURE_INVALID, MESSAGE_TOO_LARGE or MALFORMED_MESSAGE.
 */
export function verifyFabricEndorsement(answer: FabricAnswer, expected: ExpectedFabricEndorsement): Uint8Array {
  const { network, channel, targetData, requirements, msps } = expected;
  const refuse = refusalBy('the endorsers');
  const endorsed = parseFabricEndorsement(answer.response);
  if (!isSameList(endorsed.cores, targetData.cores)) throw refuse('endorsed other cores');
  if (!equalBytes(endorsed.itemMask, targetData.itemMask)) throw refuse('endorsed another item mask');
  const digest = targetDigest(targetData.cores, targetData.itemMask);
  verifyEndorsementPayload(endorsed.endorsementPayload, { network, channel, targetDigest: digest, requirements }, refuse);
  const signers = answer.endorsements.map((signed) => msps.verifySignature(signed, Buffer.concat([answer.signedPayload, signed.identity]), { role: 'peer' }));
  if (!requirements.policies.every((policy) => isEndorsementPolicySatisfied(policy, signers))) throw tooFew(signers.map(({ mspId }) => mspId));
  return endorsed.endorsementPayload;
}

function tooFew(mspIds: readonly string[]): SelvedgeError {
  return new SelvedgeError('ENDORSEMENT_POLICY_FAILURE', `endorsed by ${mspIds.join(', ')}, which does not satisfy every policy`, { role: 'client' });
}

function isSameList(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((item, i) => equalBytes(item, b[i] as Uint8Array));
}
