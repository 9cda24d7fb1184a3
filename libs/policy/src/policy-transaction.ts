import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { SignedBy } from '@selvedge/identity';
import { LIMITS, PolicyChangeSchema, PolicyTransactionSchema, parseMessage, signing, type FactChange, type PolicyChange } from '@selvedge/protocol';
import { signedOrganisations, verifyAdminQuorum } from './admin-quorum.js';
import { parseContractPolicy, verifyContractPolicy } from './contract-policy.js';
import { parseFactKey } from './fact-keys.js';
import { checkBrokerRoot, checkEpoch, checkNameKeys } from './fact-values.js';
import { factHash, facts, type FactList, type FactReader } from './facts.js';
import { isStrictlyAscending } from './names.js';
import { verifyOwnerKeys } from './owner-keys.js';
import type { FactUpdate } from './policy-change.js';
import type { Profile } from './profile.js';
import { checkRevocationLists, verifySequencerStands } from './record-revocation-lists.js';
import { withRevocationLists } from './revocation-lists.js';
import { checkRevocations } from './revocations.js';
import { verifyProfileSuccession, verifySignedProfile } from './signed-profile.js';

/** What a policy transaction is judged against. */
export interface PolicyContext {
  readonly facts: FactList;
  /** The current profile; for a ledger without one, the trust anchor. */
  readonly profile: Profile;
}

const malformed = (what: string): SelvedgeError => new SelvedgeError('POLICY_MALFORMED', `policy change: ${what}`);
const isRemovable = (kind: string): boolean => kind === 'revoked-node' || kind === 'revoked-platform' || kind === 'revoked-measurement';

/**
 * Judges PolicyTransaction bytes: shape, network and channel, approvals by administrators of enough organisations, facts
 * as expected, every new value, and that a revocation opens new epochs. A change that was applied once can apply again when its facts return to what it
 * expects, so the ledger must refuse a second transaction with the same change (its id).
 * Throws MESSAGE_TOO_LARGE, MALFORMED_MESSAGE, POLICY_MALFORMED, WRONG_NETWORK, WRONG_CHANNEL, POLICY_APPROVALS_MISSING,
 * POLICY_CONFLICT, PROFILE_INVALID, PROFILE_MISMATCH or PROFILE_SIGNATURES_MISSING.
 */
export function verifyPolicyTransaction(transaction: Uint8Array, context: PolicyContext): { readonly changes: readonly FactUpdate[] } {
  const { message } = context.profile;
  const { change: bytes, approvals } = parseMessage(PolicyTransactionSchema, transaction, LIMITS.maxMessageBytes);
  const change = parseMessage(PolicyChangeSchema, bytes, LIMITS.maxMessageBytes);
  if (change.network !== message.network) throw new SelvedgeError('WRONG_NETWORK', `policy change for ${change.network}, ${message.network} expected`);
  if (change.channel !== message.channel) throw new SelvedgeError('WRONG_CHANNEL', `policy change for ${change.channel}, ${message.channel} expected`);
  checkShape(change);
  verifyApprovals(change, bytes, approvals, context);
  for (const { key, expectedHash } of change.changes) {
    if (!equalBytes(factHash(context.facts.fact(key)), expectedHash)) throw new SelvedgeError('POLICY_CONFLICT', `fact ${key} is not as the change expects`, { details: { key } });
  }
  const changes = change.changes.map(({ key, value, remove }) => ({ key, value: remove ? undefined : value }));
  const after = factsAfter(context.facts, changes);
  const { facts: before } = context;
  const profile = withRevocationLists(context.profile, before);
  for (const update of changes) checkUpdate(update, after, { facts: before, profile });
  checkRevocations(changes, context.facts, after);
  return { changes };
}

/**
 * Administrators of enough organisations; or, since an organisation revokes its own certificates by itself, as on Fabric, and says
 * by itself what its own copies are sealed to, an administrator of each organisation whose lists or keys are all that changes. Certificates that the ledger's lists revoke count nothing.
 */
function verifyApprovals({ changes }: PolicyChange, bytes: Uint8Array, signatures: readonly SignedBy[], { facts: before, profile }: PolicyContext): void {
  const { message, msps } = withRevocationLists(profile, before);
  const input = { msps, signatures, message: signing.policyChange(bytes), code: 'POLICY_APPROVALS_MISSING' } as const;
  const owners = changes.map(({ key }) => parseFactKey(key)).map((key) => (key.kind === 'revocation-lists' || key.kind === 'owner-keys' ? key.mspId : undefined));
  const approving = signedOrganisations(input);
  if (owners.every((mspId) => mspId !== undefined && approving.has(mspId))) return;
  verifyAdminQuorum({ ...input, quorum: message.adminQuorum });
}

function checkShape({ changes, nonce }: PolicyChange): void {
  if (changes.length === 0) throw malformed('changes nothing');
  if (changes.length > LIMITS.maxFactChanges) throw malformed(`more than ${String(LIMITS.maxFactChanges)} facts`);
  if (nonce.length < 16 || nonce.length > 32) throw malformed('a nonce has 16 to 32 bytes');
  if (!isStrictlyAscending(changes.map((change) => change.key))) throw malformed('keys are not sorted and unique');
  for (const change of changes) checkChangeShape(change);
}

function checkChangeShape({ key, value, remove, expectedHash }: FactChange): void {
  const { kind } = parseFactKey(key);
  if (value.length > (kind === 'profile' ? LIMITS.maxProfileBytes : LIMITS.maxFactBytes)) throw malformed(`value of ${key} is too large`);
  if (remove && value.length > 0) throw malformed(`${key} is removed and has a value`);
  if (remove && expectedHash.length === 0) throw malformed(`${key} is removed but expected to be absent`);
  if (remove && !isRemovable(kind)) throw malformed(`${key} cannot be removed`);
  if (!remove && value.length === 0) throw malformed(`${key} has no value`);
}

function factsAfter(before: FactReader, changes: readonly FactUpdate[]): FactReader {
  const changed = new Map(changes.map(({ key, value }) => [key, value]));
  return { fact: (key) => (changed.has(key) ? changed.get(key) : before.fact(key)) };
}

function checkUpdate({ key, value }: FactUpdate, after: FactReader, { facts: before, profile }: PolicyContext): void {
  if (value === undefined) return;
  const parsed = parseFactKey(key);
  switch (parsed.kind) {
    case 'profile':
      checkProfileFact(value, before, after, profile);
      return;
    case 'revocation-lists':
      checkRevocationLists(parsed.mspId, value, before, profile);
      // With another profile in the same change, that one's sequencer counts.
      if (after.fact(facts.profile) === before.fact(facts.profile)) verifySequencerStands(profile, after);
      return;
    case 'owner-keys':
      verifyOwnerKeys(parsed.mspId, value, profile);
      return;
    case 'broker-root':
      checkBrokerRoot(value, profile);
      return;
    case 'contract':
      checkContractFact(parsed.name, value, before, profile);
      return;
    case 'name-keys':
      checkNameKeys(parsed.name, value, before, after);
      return;
    case 'epoch':
      // What was encrypted under an epoch is checked against its record for good.
      if (before.fact(key) !== undefined) throw malformed(`${key} is recorded already`);
      checkEpoch(parsed, value, after, profile);
      return;
    case 'revoked-node':
    case 'revoked-platform':
    case 'revoked-measurement':
    case 'revoked-epoch':
      // Any value revokes: it is the reason.
      return;
  }
}

function checkProfileFact(value: Uint8Array, before: FactReader, after: FactReader, profile: Profile): void {
  if (before.fact(facts.profile) !== undefined) {
    verifySequencerStands(verifyProfileSuccession(profile, value), after);
    return;
  }
  const first = verifySignedProfile(value);
  if (!equalBytes(first.digest, profile.digest)) throw new SelvedgeError('PROFILE_MISMATCH', 'the first profile on the ledger is not the trusted one');
}

function checkContractFact(name: string, value: Uint8Array, before: FactReader, profile: Profile): void {
  const policy = parseContractPolicy(value);
  if (policy.name !== name) throw malformed(`policy of contract ${policy.name} under the key of ${name}`);
  const previous = before.fact(facts.contract(name));
  verifyContractPolicy(policy, profile, previous && parseContractPolicy(previous));
}
