import { SelvedgeError } from '@selvedge/errors';
import type { LedgerView } from '@selvedge/ledger-view';
import { CHANNEL_EPOCH, facts, isEpochUsable, keyAccess, keyAccessDenied, mayViewDataset, namesToHold, parseContractPolicy, readContractNames, type ContractNames, type KeyAccessPolicies, type KeyHolder, type ViewerPurpose } from '@selvedge/policy';
import { StorageMode, type ContractPolicy } from '@selvedge/protocol';
import type { NameKeys } from '@selvedge/sealed-objects';
import type { HeldContractKeys, HeldKeys, PlaceOfRead } from '@selvedge/tee-node';

const CONTRACT_PREFIX = facts.contract('');

/** A contract of which this viewer may open something. */
export interface ViewedContract {
  readonly policy: ContractPolicy;
  readonly keys: HeldContractKeys;
  /** What it may open. */
  readonly purposes: readonly ViewerPurpose[];
  readonly names: ContractNames;
}

/** Names under an epoch. Throws NOT_READY while the key is on its way, or where the organisation may open events alone. */
export function namesUnder({ policy, keys }: ViewedContract, epoch: bigint): NameKeys {
  const names = keys.names(epoch);
  if (names === undefined) throw new SelvedgeError('NOT_READY', `this viewer has not received the name key of contract ${policy.name}, epoch ${String(epoch)}`);
  return names;
}

/**
 * Throws CONTRACT_UNKNOWN, POLICY_MALFORMED, DATASET_ACCESS_DENIED when the organisation may open nothing of it, KEY_ACCESS_DENIED when
 * rules keep its keys from this viewer, NOT_READY while they are on their way.
 */
export function viewedContract(view: LedgerView, held: HeldKeys, contract: string, self: KeyHolder): ViewedContract {
  const fact = view.fact(facts.contract(contract));
  if (fact === undefined) throw new SelvedgeError('CONTRACT_UNKNOWN', `contract ${contract} is not on the ledger`);
  const policy = parseContractPolicy(fact);
  const access = keyAccess(self, { profile: view.profile.message, policy });
  if (access === undefined) throw denied(`${self.operatorMspId} owns no dataset of contract ${contract} and may not open its events`);
  if ('denial' in access) throw keyAccessDenied(contract, access.denial);
  const keys = held.contract(contract);
  if (keys === undefined) throw new SelvedgeError('NOT_READY', `this viewer has not received the keys of contract ${contract} yet`);
  return { policy, keys, names: readContractNames(view, contract), purposes: access.purposes };
}

/** Where an own dataset lies; undefined: the organisation may not open it. Throws DATASET_UNKNOWN, FEATURE_UNSUPPORTED. */
export function ownPlace(policy: ContractPolicy, name: string, mspId: string): PlaceOfRead | undefined {
  const dataset = policy.datasets.find((candidate) => candidate.name === name);
  const owners = policy.ownerSets.find((set) => set.name === dataset?.ownerSet)?.owners;
  if (dataset === undefined || owners === undefined) throw new SelvedgeError('DATASET_UNKNOWN', `contract ${policy.name} has no dataset of that name`);
  if (dataset.mode !== StorageMode.CIPHERTEXT) throw new SelvedgeError('FEATURE_UNSUPPORTED', 'datasets in plaintext mode');
  return mayViewDataset(policy, dataset, mspId) ? { dataset: name, ownerSet: dataset.ownerSet, owners } : undefined;
}

/** Whether keys without a packet may have entries that were written before Selvedge. */
export function takesOver({ datasets }: ContractPolicy, name: string): boolean {
  return datasets.some((dataset) => dataset.name === name && dataset.takesOver);
}

/** As ownPlace, refusing with DATASET_ACCESS_DENIED. */
export function requireOwnPlace(policy: ContractPolicy, name: string, mspId: string): PlaceOfRead {
  const place = ownPlace(policy, name, mspId);
  if (place === undefined) throw denied(`${mspId} does not own that dataset of contract ${policy.name}`);
  return place;
}

/**
 * Whether a viewer holds every key that the ledger says it may use, and certificates of the channel's newest
 * epoch. The broker's own view may be behind when it answers.
 */
export function isComplete(held: HeldKeys, view: LedgerView, self: KeyHolder): boolean {
  if (held.bindings.some(({ epoch }) => view.fact(facts.epoch(CHANNEL_EPOCH, epoch + 1n)) !== undefined)) return false;
  return view
    .keys(CONTRACT_PREFIX)
    .map((key) => parseContractPolicy(view.fact(key) ?? new Uint8Array(0)))
    .map((policy) => ({ name: policy.name, purposes: purposesOf(self, { profile: view.profile.message, policy }) }))
    .filter(({ purposes }) => purposes.length > 0)
    .every(({ name, purposes }) => {
      const keys = held.contract(name);
      const epochs = listedEpochs(view, name);
      const hasNames = !purposes.includes('state') || epochs.length === 0 || namesToHold(readContractNames(view, name)).every((epoch) => keys?.names(epoch) !== undefined);
      return hasNames && epochs.every((epoch) => keys?.epoch(epoch) !== undefined);
    });
}

function purposesOf(self: KeyHolder, policies: KeyAccessPolicies): readonly ViewerPurpose[] {
  const access = keyAccess(self, policies);
  return access !== undefined && 'purposes' in access ? access.purposes : [];
}

/** Old epochs count: what was written under them must stay readable. */
function listedEpochs(view: LedgerView, contract: string): bigint[] {
  const epochs: bigint[] = [];
  for (let epoch = 1n; view.fact(facts.epoch(contract, epoch)) !== undefined; epoch += 1n) {
    if (isEpochUsable(view, contract, epoch) !== 'revoked') epochs.push(epoch);
  }
  return epochs;
}

function denied(what: string): SelvedgeError {
  return new SelvedgeError('DATASET_ACCESS_DENIED', what);
}
