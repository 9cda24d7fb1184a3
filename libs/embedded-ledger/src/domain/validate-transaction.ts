import { isSelvedgeError, type RefusalCode } from '@selvedge/errors';
import { facts, verifyPolicyTransaction, verifyProfileSuccession, verifySignedProfile, withRevocationLists, type Profile } from '@selvedge/policy';
import { createItemOverlay, ValidationCode } from '@selvedge/protocol';
import type { BlockState } from '../ports.js';
import { verifyFactsCurrent, verifyGuardsCurrent, verifyKeyPoliciesCurrent, verifyReadsCurrent } from './currency.js';
import type { EndorsedContent } from './endorsed-content.js';
import { verifyEndorsements } from './endorsements.js';
import { parseTransaction, type ParsedTransaction } from './parse-transaction.js';
import { verifyReceipts } from './receipts.js';
import { endorsedUpdates } from './updates.js';
import { NO_UPDATES, type StateUpdates, type Verdict } from './verdict.js';

/** Refusals that are verdicts of their own; every other one is INVALID_OTHER_REASON. */
const VERDICTS: Partial<Record<RefusalCode, ValidationCode>> = {
  ENDORSEMENT_POLICY_FAILURE: ValidationCode.ENDORSEMENT_POLICY_FAILURE,
  MVCC_READ_CONFLICT: ValidationCode.MVCC_READ_CONFLICT,
  PHANTOM_READ_CONFLICT: ValidationCode.PHANTOM_READ_CONFLICT,
  POLICY_CONFLICT: ValidationCode.MVCC_READ_CONFLICT,
  POLICY_APPROVALS_MISSING: ValidationCode.ENDORSEMENT_POLICY_FAILURE,
  PROFILE_SIGNATURES_MISSING: ValidationCode.ENDORSEMENT_POLICY_FAILURE,
  SIGNATURE_INVALID: ValidationCode.ENDORSEMENT_POLICY_FAILURE,
  IDENTITY_MALFORMED: ValidationCode.ENDORSEMENT_POLICY_FAILURE,
  IDENTITY_UNKNOWN_MSP: ValidationCode.ENDORSEMENT_POLICY_FAILURE,
  IDENTITY_UNTRUSTED: ValidationCode.ENDORSEMENT_POLICY_FAILURE,
  IDENTITY_REVOKED: ValidationCode.ENDORSEMENT_POLICY_FAILURE,
  IDENTITY_WRONG_ROLE: ValidationCode.ENDORSEMENT_POLICY_FAILURE,
  MALFORMED_MESSAGE: ValidationCode.BAD_PAYLOAD,
  MESSAGE_TOO_LARGE: ValidationCode.BAD_PAYLOAD,
  LIMIT_EXCEEDED: ValidationCode.BAD_PAYLOAD,
};

interface Effects {
  readonly updates: StateUpdates;
  readonly profile: Profile | undefined;
}

/**
 * Judges one ordered transaction against the state it meets; state.height is the number of the block it stands in.
 * Pure: no clock, no I/O, so equal at every follower. Checks in this order: it parses (BAD_PAYLOAD); its id is new
 * (DUPLICATE_TXID), and every kept item's of a batch; endorsements, declared targets and receipts hold (ENDORSEMENT_POLICY_FAILURE); facts, reads and
 * key policies that were read are current (MVCC_READ_CONFLICT); guards are (PHANTOM_READ_CONFLICT). A policy transaction: approvals
 * (ENDORSEMENT_POLICY_FAILURE), expected facts (MVCC_READ_CONFLICT), the new values by themselves (INVALID_OTHER_REASON).
 */
export function validateTransaction(transactionBytes: Uint8Array, state: BlockState, profile: Profile): Verdict {
  let parsed: ParsedTransaction;
  try {
    parsed = parseTransaction(transactionBytes);
  } catch (error) {
    return { ...refused(ValidationCode.BAD_PAYLOAD, error), txIds: [], endorsed: undefined };
  }
  const endorsed = parsed.kind === 'endorsed' ? parsed.content : undefined;
  const about = { txIds: parsed.txIds, endorsed };
  if (parsed.txIds.some((txId) => state.result(txId) !== undefined)) return { ...about, code: ValidationCode.DUPLICATE_TXID, reason: 'an id is used up', updates: NO_UPDATES, profile: undefined };
  try {
    const current = withRevocationLists(profile, state);
    const effects = parsed.kind === 'endorsed' ? judgeEndorsed(parsed.content, state, current) : judgePolicy(parsed.bytes, state, current);
    return { ...about, ...effects, code: ValidationCode.VALID, reason: undefined };
  } catch (error) {
    return { ...about, ...refused(undefined, error) };
  }
}

function judgeEndorsed(content: EndorsedContent, state: BlockState, profile: Profile): Effects {
  verifyEndorsements(content, { facts: state, profile, keyPolicies: state });
  verifyReceipts(content, profile, state.height);
  verifyFactsCurrent(content, state);
  // Each item meets what the kept ones before it write.
  const overlay = createItemOverlay(state);
  for (const core of content.cores) {
    verifyReadsCurrent(core, overlay);
    verifyKeyPoliciesCurrent(core, overlay);
    verifyGuardsCurrent(core, overlay);
    overlay.apply(core);
  }
  return { updates: endorsedUpdates(content, state), profile: undefined };
}

function judgePolicy(bytes: Uint8Array, state: BlockState, profile: Profile): Effects {
  const { changes } = verifyPolicyTransaction(bytes, { facts: { fact: (key) => state.fact(key), keys: (prefix) => state.factKeys(prefix) }, profile });
  // The profile can be replaced, not removed.
  const signedProfile = changes.find((change) => change.key === facts.profile)?.value;
  return { updates: { ...NO_UPDATES, facts: changes }, profile: signedProfile && nextProfile(state, profile, signedProfile) };
}

function nextProfile(state: BlockState, profile: Profile, signedProfile: Uint8Array): Profile {
  // Block 0 sets the trust anchor itself, which follows no other.
  return state.fact(facts.profile) === undefined ? verifySignedProfile(signedProfile) : verifyProfileSuccession(profile, signedProfile);
}

/** A refusal becomes a verdict; anything else is a fault of this process, which must not judge on. */
function refused(code: ValidationCode | undefined, error: unknown): Pick<Verdict, 'code' | 'reason' | 'updates' | 'profile'> {
  if (!isSelvedgeError(error)) throw error;
  return { code: code ?? VERDICTS[error.code] ?? ValidationCode.INVALID_OTHER_REASON, reason: `${error.code}: ${error.message}`, updates: NO_UPDATES, profile: undefined };
}
