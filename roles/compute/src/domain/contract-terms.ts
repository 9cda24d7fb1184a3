import type { MessageInitShape } from '@bufbuild/protobuf';
import { SelvedgeError } from '@selvedge/errors';
import type { LedgerView } from '@selvedge/ledger-view';
import { describeDenial, facts, isEpochUsable, keyAccess, parseContractPolicy, readContractNames, readOwnerKey, type ContractNames, type KeyAccessDenial, type KeyHolder } from '@selvedge/policy';
import type { ContractPolicy, EpochKeys, NamesInUseSchema } from '@selvedge/protocol';
import type { NameKeys } from '@selvedge/sealed-objects';
import type { HeldContractKeys, HeldKeys } from '@selvedge/tee-node';

/** What the ledger and the key broker let this node do for a contract. */
export interface ContractTerms {
  readonly policy: ContractPolicy;
  readonly keys: HeldContractKeys;
  /** What the request fixed for new writes. */
  readonly keyEpoch: bigint;
  /** Of that epoch. */
  readonly epochKeys: EpochKeys;
  /** As the ledger has them. */
  readonly names: ContractNames;
  /** The current ones. */
  readonly nameKeys: NameKeys;
  /** What copies for an owner are sealed to; undefined: it has recorded no key. */
  readonly ownerKey: (mspId: string) => Uint8Array | undefined;
}

// A fact's bytes stay the same object while the policy stands.
const parsed = new WeakMap<Uint8Array, ContractPolicy>();

/** The contract's policy as it stands on the ledger. Throws CONTRACT_UNKNOWN, POLICY_MALFORMED. */
export function readContractPolicy(view: LedgerView, contract: string): ContractPolicy {
  const fact = view.fact(facts.contract(contract));
  if (fact === undefined) throw new SelvedgeError('CONTRACT_UNKNOWN', `contract ${contract} is not on the ledger`);
  const policy = parsed.get(fact) ?? parseContractPolicy(fact);
  parsed.set(fact, policy);
  return policy;
}

/** Why key access rules keep a contract from this node; undefined: it may run here. */
export function denialOf(policy: ContractPolicy, view: LedgerView, self: KeyHolder): KeyAccessDenial | undefined {
  const access = keyAccess(self, { profile: view.profile.message, policy });
  return access !== undefined && 'denial' in access ? access.denial : undefined;
}

/** What a request asks of a contract. */
export interface AskedTerms {
  readonly contract: string;
  /** undefined: the request fixes none. */
  readonly keyEpoch: bigint | undefined;
  /** The request's own. */
  readonly suite: string;
}

/**
 * Checks that this node may run the contract under the request's key epoch.
 * Throws CONTRACT_UNKNOWN, CONTRACT_NOT_ASSIGNED, UNKNOWN_SUITE, KEY_EPOCH_UNKNOWN, KEY_EPOCH_RETIRED,
 * KEY_EPOCH_REVOKED, NOT_READY while the keys are still on their way, VIEW_QUORUM_UNREACHABLE.
 */
export function agreeTerms({ contract, keyEpoch, suite }: AskedTerms, context: { readonly view: LedgerView; readonly keys: HeldKeys; readonly self: KeyHolder }): ContractTerms {
  const { view, self } = context;
  const policy = readContractPolicy(view, contract);
  const denial = denialOf(policy, view, self);
  if (denial !== undefined) throw new SelvedgeError('CONTRACT_NOT_ASSIGNED', `contract ${contract} is not for this compute node: ${describeDenial(denial)}`);
  if (policy.suite !== suite) throw new SelvedgeError('UNKNOWN_SUITE', `contract ${contract} uses suite ${policy.suite}, the request is of suite ${suite}`);
  if (keyEpoch === undefined) throw new SelvedgeError('KEY_EPOCH_UNKNOWN', `the request fixes no key epoch of contract ${contract}`);
  verifyKeyEpoch(view, contract, keyEpoch);
  verifyIndependentView(view, policy);
  const keys = context.keys.contract(contract);
  if (keys === undefined) throw new SelvedgeError('NOT_READY', `this node has not received the keys of contract ${contract} yet`);
  const epochKeys = keys.epoch(keyEpoch);
  if (epochKeys === undefined) throw new SelvedgeError('NOT_READY', `this node has not received the keys of contract ${contract}, epoch ${String(keyEpoch)}, yet`);
  const names = readContractNames(view, contract);
  return { policy, keys, keyEpoch, epochKeys, names, nameKeys: requireNames(keys, contract, names.current), ownerKey: (mspId) => readOwnerKey(view, mspId, suite) };
}

/** Names under an epoch. Throws NOT_READY while the key is on its way. */
export function requireNames(keys: HeldContractKeys, contract: string, epoch: bigint): NameKeys {
  const names = keys.names(epoch);
  if (names === undefined) throw new SelvedgeError('NOT_READY', `this node has not received the name key of contract ${contract}, epoch ${String(epoch)}, yet`);
  return names;
}

/** Names as a section of a core has them. */
export function namesInUse({ phase, current, other = 0n }: ContractNames): MessageInitShape<typeof NamesInUseSchema> {
  return { current, other, clearing: phase === 'clearing' };
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
