import { equalBytes } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import type { Identity, MspRegistry } from '@selvedge/identity';
import { isEndorsementPolicySatisfied, type EndorsementPolicy, type FactReader, type Profile } from '@selvedge/policy';
import { signing } from '@selvedge/protocol';
import type { BlockState } from '../ports.js';
import type { EndorsedContent } from './endorsed-content.js';
import { verifyKeyPolicies } from './key-policies.js';
import { touchedContracts, verifyDeclaredTargets, type TouchedContracts } from './owner-sets.js';
import { publicKeyId } from './public-key-id.js';

/** What an endorsed transaction is judged against. */
export interface EndorsementContext {
  readonly facts: FactReader;
  readonly profile: Profile;
  /** The key-level policies that stand. */
  readonly keyPolicies: Pick<BlockState, 'keyPolicy' | 'isKeyPolicyNew'>;
}

/**
 * Checks that the endorsement payload is of these cores, network and channel; that each endorsement is by another valid
 * peer identity; that the endorsement policies of every contract touched, owner set written and key written are satisfied;
 * and that the declared targets are the owner sets written, with the policy's owners.
 * Throws ENDORSEMENT_POLICY_FAILURE, whose text says what is missing.
 */
export function verifyEndorsements(content: EndorsedContent, { facts, profile, keyPolicies }: EndorsementContext): void {
  verifyPayload(content, profile);
  const endorsers = verifyEndorsers(content, profile.msps);
  const touched = touchedContracts(content, facts);
  verifyEndorsementPolicies(touched, endorsers);
  verifyKeyPolicies(content, endorsers, { facts, keyPolicies });
  verifyDeclaredTargets(content.payload.targets, touched.written);
}

function verifyPayload({ payload, cores, targetDigest }: EndorsedContent, { message: { network, channel } }: Profile): void {
  if (!equalBytes(payload.targetDigest, targetDigest)) throw refused('the endorsement payload is of other cores');
  if (payload.network !== network) throw refused(`endorsed for network ${payload.network}, this is ${network}`);
  if (payload.channel !== channel) throw refused(`endorsed for channel ${payload.channel}, this is ${channel}`);
  if (cores.some((core) => core.network !== network)) throw refused(`executed for another network, this is ${network}`);
  if (cores.some((core) => core.channel !== channel)) throw refused(`executed for another channel, this is ${channel}`);
}

function verifyEndorsers({ message }: EndorsedContent, msps: MspRegistry): readonly Identity[] {
  const seen = new Set<string>();
  return message.endorsements.map((endorsement) => {
    const endorser = verifyPeer(msps, endorsement, signing.endorsement(message.endorsementPayload, endorsement.identity));
    // By key and not by bytes: one certificate can be serialized in several ways.
    const id = publicKeyId(endorser);
    if (seen.has(id)) throw refused(`${endorser.mspId} endorsed twice with one key`);
    seen.add(id);
    return endorser;
  });
}

/**
 * Checks a signature by a peer identity of the profile, without a clock: a verdict must not depend on one.
 * Throws ENDORSEMENT_POLICY_FAILURE with what the identity check found as cause.
 */
export function verifyPeer(msps: MspRegistry, signed: { readonly identity: Uint8Array; readonly signature: Uint8Array }, message: Uint8Array): Identity {
  try {
    return msps.verifySignature(signed, message, { role: 'peer' });
  } catch (cause) {
    if (isSelvedgeError(cause)) throw new SelvedgeError('ENDORSEMENT_POLICY_FAILURE', `${cause.code}: ${cause.message}`, { cause });
    throw cause;
  }
}

function verifyEndorsementPolicies({ contracts, written }: TouchedContracts, endorsers: readonly Identity[]): void {
  for (const { name, endorsementPolicy } of contracts) verifySatisfied(`contract ${name}`, endorsementPolicy, endorsers);
  for (const set of written) verifySatisfied(`owner set ${set.contract}/${set.ownerSet}`, set.endorsementPolicy, endorsers);
}

function verifySatisfied(what: string, policy: EndorsementPolicy, endorsers: readonly Identity[]): void {
  if (!isEndorsementPolicySatisfied(policy, endorsers)) throw refused(`the endorsement policy of ${what} is not satisfied`);
}

function refused(why: string): SelvedgeError {
  return new SelvedgeError('ENDORSEMENT_POLICY_FAILURE', why);
}
