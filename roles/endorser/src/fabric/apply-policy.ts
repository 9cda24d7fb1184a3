import { facts as factKeys, listFacts, policyTransactionId, revocationListFacts, verifySignedProfile, type FactList, type Profile } from '@selvedge/policy';
import { fetchedFacts } from './domain/fetched-facts.js';
import { decidePolicyChange, requiredPolicyFacts, type PolicyDecision } from './domain/policy-decision.js';
import type { FactStore } from './ports.js';

/**
 * Judges PolicyTransaction bytes against the store and carries the change out; it is remembered, so that it cannot be
 * applied again when its facts return to what it expects. Nothing is written before everything is checked.
 * Throws what requiredPolicyFacts and decidePolicyChange throw.
 */
export async function applyPolicyTransaction(store: FactStore, transaction: Uint8Array, anchor: Profile): Promise<PolicyDecision> {
  const facts = await readFacts(store, requiredPolicyFacts(transaction), anchor);
  const isApplied = await store.isApplied(policyTransactionId(transaction));
  const decision = decidePolicyChange(transaction, { facts, isApplied, anchor });
  for (const { key, value } of decision.updates) await (value === undefined ? store.remove(key) : store.set(key, value));
  await store.markApplied(decision.id);
  return decision;
}

/** A list enters the read set as the range that it is: a contract that comes meanwhile makes the change conflict. */
async function readFacts(store: FactStore, keys: readonly string[] | 'all', anchor: Profile): Promise<FactList> {
  if (keys === 'all') return listFacts(await store.entries());
  const values = await store.facts(keys);
  const recorded = values.get(factKeys.profile);
  // Whose approvals count.
  const lists = await store.facts(revocationListFacts(recorded === undefined ? anchor : verifySignedProfile(recorded)));
  return fetchedFacts(new Map([...lists, ...values]));
}
