import { listFacts, policyTransactionId, type FactList, type Profile } from '@selvedge/policy';
import { fetchedFacts } from './domain/fetched-facts.js';
import { decidePolicyChange, requiredPolicyFacts, type PolicyDecision } from './domain/policy-decision.js';
import type { FactStore } from './ports.js';

/**
 * Judges PolicyTransaction bytes against the store and carries the change out; it is remembered, so that it cannot be
 * applied again when its facts return to what it expects. Nothing is written before everything is checked.
 * Throws what requiredPolicyFacts and decidePolicyChange throw.
 */
export async function applyPolicyTransaction(store: FactStore, transaction: Uint8Array, anchor: Profile): Promise<PolicyDecision> {
  const facts = await readFacts(store, requiredPolicyFacts(transaction));
  const isApplied = await store.isApplied(policyTransactionId(transaction));
  const decision = decidePolicyChange(transaction, { facts, isApplied, anchor });
  for (const { key, value } of decision.updates) await (value === undefined ? store.remove(key) : store.set(key, value));
  await store.markApplied(decision.id);
  return decision;
}

/** A list enters the read set as the range that it is: a contract that comes meanwhile makes the change conflict. */
async function readFacts(store: FactStore, keys: readonly string[] | 'all'): Promise<FactList> {
  return keys === 'all' ? listFacts(await store.entries()) : fetchedFacts(await store.facts(keys));
}
