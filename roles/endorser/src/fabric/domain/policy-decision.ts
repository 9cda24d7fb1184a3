import { SelvedgeError } from '@selvedge/errors';
import { facts, factsOfRevokedEpoch, FIRST_KEY_EPOCH, isFactKey, isPartyRevoked, parseFactKey, policyTransactionId, verifyPolicyTransaction, verifySignedProfile, type FactList, type FactUpdate, type Profile } from '@selvedge/policy';
import { compareText, LIMITS, parseMessage, PolicyChangeSchema, PolicyTransactionSchema, type FactChange } from '@selvedge/protocol';

/** What a policy transaction is judged against. */
export interface PolicyDecisionInput {
  /** Holds at least what requiredPolicyFacts names, or every fact. */
  readonly facts: FactList;
  /** Whether this change was applied before, by its policyTransactionId. */
  readonly isApplied: boolean;
  /** Trust anchor: what the first change must set. */
  readonly anchor: Profile;
}

/** What a policy transaction changes, and the id under which it is remembered. */
export interface PolicyDecision {
  /** 32 bytes. */
  readonly id: Uint8Array;
  readonly updates: readonly FactUpdate[];
}

/**
 * Keys of every fact that judging a policy transaction can read, sorted, unique; 'all' where a party is revoked, which is
 * judged by the list of all contracts.
 * transaction: PolicyTransaction bytes. Throws MALFORMED_MESSAGE, MESSAGE_TOO_LARGE or LIMIT_EXCEEDED.
 */
export function requiredPolicyFacts(transaction: Uint8Array): string[] | 'all' {
  const changes = readChanges(transaction);
  if (isPartyRevoked(changes.filter(({ remove }) => !remove))) return 'all';
  const keys = changes.map(({ key }) => key);
  return [...new Set([facts.profile, facts.brokerRoot, ...keys, ...keys.flatMap(neighbours)])].sort(compareText);
}

function readChanges(transaction: Uint8Array): FactChange[] {
  const { change } = parseMessage(PolicyTransactionSchema, transaction, LIMITS.maxMessageBytes);
  const { changes } = parseMessage(PolicyChangeSchema, change, LIMITS.maxMessageBytes);
  // A change of more facts is refused before any of them is looked at.
  return changes.slice(0, LIMITS.maxFactChanges).filter(({ key }) => isFactKey(key));
}

/** An epoch is judged by the one before it too, its revocation by those around it, names by the contract’s having keys and by its policy. */
function neighbours(key: string): string[] {
  const parsed = parseFactKey(key);
  if (parsed.kind === 'epoch') return parsed.epoch > 1n ? [facts.epoch(parsed.contract, parsed.epoch - 1n)] : [];
  if (parsed.kind === 'name-keys') return [facts.epoch(parsed.name, FIRST_KEY_EPOCH), facts.contract(parsed.name)];
  return parsed.kind === 'revoked-epoch' ? factsOfRevokedEpoch(parsed) : [];
}

/**
 * Judges PolicyTransaction bytes. A ledger's first change sets exactly the pinned profile, as block 0 of the embedded
 * ledger does; later ones need approvals under the profile that the ledger holds.
 * Throws DUPLICATE_TXID when the change was applied before, POLICY_MALFORMED when the first one does more, PROFILE_MISMATCH when
 * it sets another profile, and what verifyPolicyTransaction throws.
 */
export function decidePolicyChange(transaction: Uint8Array, { facts: reader, isApplied, anchor }: PolicyDecisionInput): PolicyDecision {
  const id = policyTransactionId(transaction);
  if (isApplied) throw new SelvedgeError('DUPLICATE_TXID', 'this policy change was applied already');
  const present = reader.fact(facts.profile);
  const profile = present === undefined ? anchor : verifySignedProfile(present);
  const { changes: updates } = verifyPolicyTransaction(transaction, { facts: reader, profile });
  if (present === undefined) verifyFirstChange(updates);
  return { id, updates };
}

function verifyFirstChange(updates: readonly FactUpdate[]): void {
  if (updates.length !== 1 || updates[0]?.key !== facts.profile) throw new SelvedgeError('POLICY_MALFORMED', 'policy change: the first one sets the network profile and nothing else');
}
