import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Identity, MspRegistry } from '@selvedge/identity';
import { isEndorsementPolicySatisfied, isKeyChange } from '@selvedge/policy';
import { EndorsementPayloadSchema, LIMITS, parseMessage, signing, type DeclaredTarget, type Endorsement } from '@selvedge/protocol';
import type { Requirements, WrittenTarget } from './requirements.js';
import { isConflict } from './retry.js';

/** An endorsement whose content and signature were checked. */
export interface VerifiedEndorsement {
  readonly endorsement: Endorsement;
  readonly identity: Identity;
}

/** What an endorsement must say, and who must have signed it. */
export interface ExpectedEndorsement {
  readonly network: string;
  readonly channel: string;
  readonly targetDigest: Uint8Array;
  readonly requirements: Requirements;
  readonly msps: MspRegistry;
  /** The organisation that was asked. */
  readonly mspId: string;
}

/**
 * Checks one endorser's answer. Throws ENDORSEMENT_FAILED when it endorses something else, IDENTITY_* or
 * SIGNATURE_INVALID when it is not that organisation's peer's, MESSAGE_TOO_LARGE or MALFORMED_MESSAGE.
 */
export function verifyEndorsement(endorsement: Endorsement, expected: ExpectedEndorsement): VerifiedEndorsement {
  const refuse = refusalBy(`the endorser of ${expected.mspId}`, { mspId: expected.mspId });
  verifyEndorsementPayload(endorsement.payload, expected, refuse);
  const signed = { identity: endorsement.endorser, signature: endorsement.signature };
  const identity = expected.msps.verifySignature(signed, signing.endorsement(endorsement.payload, endorsement.endorser), { role: 'peer' });
  if (identity.mspId !== expected.mspId) throw refuse(`answered as ${identity.mspId}`);
  return { endorsement, identity };
}

/** What an endorsement payload must say. */
export type ExpectedPayload = Pick<ExpectedEndorsement, 'network' | 'channel' | 'targetDigest' | 'requirements'>;

/** Makes a refusal of what a peer did. */
export type Refuse = (what: string) => SelvedgeError;

/** Refusals by the name of who answered. */
export function refusalBy(who: string, details: Readonly<Record<string, string>> = {}): Refuse {
  return (what) => new SelvedgeError('ENDORSEMENT_FAILED', `${who} ${what}`, { role: 'client', details });
}

/** Checks EndorsementPayload bytes. Throws the given refusal when they are of something else, MESSAGE_TOO_LARGE or MALFORMED_MESSAGE. */
export function verifyEndorsementPayload(bytes: Uint8Array, expected: ExpectedPayload, refuse: Refuse): void {
  const payload = parseMessage(EndorsementPayloadSchema, bytes, LIMITS.maxFactBytes);
  if (payload.network !== expected.network) throw refuse('endorsed for another network');
  if (payload.channel !== expected.channel) throw refuse('endorsed for another channel');
  if (!equalBytes(payload.targetDigest, expected.targetDigest)) throw refuse('endorsed other target data');
  if (!isSameTargets(payload.targets, expected.requirements.targets)) throw refuse('declared other business nodes than the owners of what is written');
}

/** Endorsements of one payload that satisfy every policy, or undefined when there are none yet. */
export function findSufficient(verified: readonly VerifiedEndorsement[], requirements: Requirements): VerifiedEndorsement[] | undefined {
  return groupByPayload(verified).find((group) => {
    // Each identity has its signerId: it counts once, however often it answers.
    const signers = group.map(({ identity }) => identity);
    return requirements.policies.every((policy) => isEndorsementPolicySatisfied(policy, signers));
  });
}

/** Whether endorsers gave payloads that differ. */
export function isDisagreement(verified: readonly VerifiedEndorsement[]): boolean {
  return groupByPayload(verified).length > 1;
}

/** The refusal to report when the endorsements do not suffice: the endorsers' own code when they agree on one. */
export function describeFailure(verified: readonly VerifiedEndorsement[], refusals: ReadonlyMap<string, SelvedgeError>): SelvedgeError {
  if (isDisagreement(verified)) return new SelvedgeError('ENDORSEMENTS_DISAGREE', 'endorsers gave different payloads', { role: 'client' });
  const codes = new Set([...refusals.values()].map((refusal) => refusal.code));
  const [first] = refusals.values();
  // Several conflicts are one to the caller: the request may be made again. New keys are called for first.
  const keyChange = [...refusals.values()].find(({ code }) => isKeyChange(code));
  if (first !== undefined && (codes.size === 1 || [...codes].every((code) => isConflict(code) || isKeyChange(code)))) return keyChange ?? first;
  const list = [...refusals].map(([mspId, refusal]) => `${mspId}: ${refusal.code}: ${refusal.message}`).join('; ');
  const missing = refusals.size === 0 ? 'the known endorsers cannot satisfy the endorsement policies' : list;
  return new SelvedgeError('ENDORSEMENT_FAILED', `${String(verified.length)} endorsed; ${missing}`, { role: 'client' });
}

function groupByPayload(verified: readonly VerifiedEndorsement[]): VerifiedEndorsement[][] {
  const groups = new Map<string, VerifiedEndorsement[]>();
  for (const item of verified) {
    const key = toHex(item.endorsement.payload);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

function isSameTargets(declared: readonly DeclaredTarget[], written: readonly WrittenTarget[]): boolean {
  const text = (targets: readonly WrittenTarget[]): string => JSON.stringify(targets.map(({ contract, ownerSet, owners }) => [contract, ownerSet, owners]));
  return text(declared) === text(written);
}
