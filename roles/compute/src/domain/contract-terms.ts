import { SelvedgeError } from '@selvedge/errors';
import type { LedgerView } from '@selvedge/ledger-view';
import { facts, isEpochUsable, parseContractPolicy } from '@selvedge/policy';
import type { ContractPolicy, EpochKeys, RequestBody } from '@selvedge/protocol';
import type { HeldContractKeys, HeldKeys } from './held-keys.js';

/** What the ledger and the key broker let this node do for a contract. */
export interface ContractTerms {
  readonly policy: ContractPolicy;
  readonly keys: HeldContractKeys;
  /** Of the epoch that the request fixed. */
  readonly epochKeys: EpochKeys;
}

// A fact's bytes stay the same object while the policy stands.
const parsed = new WeakMap<Uint8Array, ContractPolicy>();

/** The contract's policy as it stands on the ledger. Throws CONTRACT_UNKNOWN, POLICY_MALFORMED. */
export function readContractPolicy(view: LedgerView, contract: string): ContractPolicy {
  const fact = view.fact(facts.contract(contract));
  if (fact === undefined) throw new SelvedgeError('CONTRACT_UNKNOWN', 'the contract is not on the ledger');
  const policy = parsed.get(fact) ?? parseContractPolicy(fact);
  parsed.set(fact, policy);
  return policy;
}

/** Whether the contract may run on this node. */
export function isAssignedTo(policy: ContractPolicy, nodeId: string): boolean {
  return policy.assignedNodes.length === 0 || policy.assignedNodes.includes(nodeId);
}

/**
 * Checks that this node may run the contract under the request's key epoch.
 * Throws CONTRACT_UNKNOWN, CONTRACT_NOT_ASSIGNED, UNKNOWN_SUITE, KEY_EPOCH_UNKNOWN, KEY_EPOCH_RETIRED,
 * KEY_EPOCH_REVOKED, NOT_READY while the keys are still on their way, VIEW_QUORUM_UNREACHABLE.
 */
export function agreeTerms(body: RequestBody, context: { readonly view: LedgerView; readonly keys: HeldKeys; readonly nodeId: string; readonly suite: string }): ContractTerms {
  const { view, nodeId } = context;
  const policy = readContractPolicy(view, body.contract);
  if (!isAssignedTo(policy, nodeId)) throw new SelvedgeError('CONTRACT_NOT_ASSIGNED', 'the contract is assigned to other compute nodes');
  if (policy.suite !== context.suite) throw new SelvedgeError('UNKNOWN_SUITE', `the contract uses suite ${policy.suite}`);
  verifyKeyEpoch(view, body.contract, body.keyEpoch);
  verifyIndependentView(view, policy);
  const keys = context.keys.contract(body.contract);
  if (keys === undefined) throw new SelvedgeError('NOT_READY', 'this node has not received the contract’s keys yet');
  const epochKeys = keys.epoch(body.keyEpoch);
  if (epochKeys === undefined) throw new SelvedgeError('NOT_READY', `this node has not received the keys of epoch ${String(body.keyEpoch)} yet`);
  return { policy, keys, epochKeys };
}

function verifyKeyEpoch(view: LedgerView, contract: string, epoch: bigint): void {
  const status = isEpochUsable(view, contract, epoch);
  if (status === 'unknown') throw new SelvedgeError('KEY_EPOCH_UNKNOWN', `key epoch ${String(epoch)} is not on the ledger`);
  if (status === 'retired') throw new SelvedgeError('KEY_EPOCH_RETIRED', `key epoch ${String(epoch)} is retired`);
  if (status === 'revoked') throw new SelvedgeError('KEY_EPOCH_REVOKED', `key epoch ${String(epoch)} is revoked`);
}

/**
 * Owners alone shall not vouch for their own state (DESIGN 5, ledger view): one organisation behind the view must own
 * none of it, wherever the network has such an organisation.
 */
function verifyIndependentView(view: LedgerView, policy: ContractPolicy): void {
  const organisations = view.profile.message.organisations.map((organisation) => organisation.mspId);
  for (const { name, owners } of policy.ownerSets) {
    const isIndependent = (mspId: string): boolean => !owners.includes(mspId);
    const isVouchedFor = view.supporters.some(isIndependent) || !organisations.some(isIndependent);
    if (!isVouchedFor) throw new SelvedgeError('VIEW_QUORUM_UNREACHABLE', `only owners of owner set ${name} support the ledger view; an organisation that owns nothing of it must run an endorser or a business node`);
  }
}
