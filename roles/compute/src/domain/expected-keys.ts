import type { LedgerView } from '@selvedge/ledger-view';
import { CHANNEL_EPOCH, facts, isEpochUsable, namesToHold, readContractNames, type KeyHolder } from '@selvedge/policy';
import type { HeldKeys } from '@selvedge/tee-node';
import { denialOf, readContractPolicy } from './contract-terms.js';

const EPOCH_PREFIX = 'epoch/';
const CONTRACT_PREFIX = facts.contract('');

/**
 * Whether this node holds every key that the ledger says it should: usable envelope epochs of every allowed suite, and
 * usable epochs and names of every contract that key access rules let it have. The broker's own view may be behind when it answers; then the node
 * asks again.
 */
export function isComplete(keys: HeldKeys, view: LedgerView, self: KeyHolder): boolean {
  const suites = view.profile.message.allowedSuites;
  const envelopes = usableEpochs(view, CHANNEL_EPOCH).every((epoch) => suites.every((suite) => keys.envelopeKey(suite, epoch) !== undefined));
  return envelopes && contractsFor(view, self).admitted.every((contract) => {
    const held = keys.contract(contract);
    const hasNames = (): boolean => namesToHold(readContractNames(view, contract)).every((epoch) => held?.names(epoch) !== undefined);
    const epochs = usableEpochs(view, contract);
    return epochs.length === 0 || (epochs.every((epoch) => held?.epoch(epoch) !== undefined) && hasNames());
  });
}

/** Names of the contracts on the ledger that this node may have the keys of, and of those that it may not. */
export function contractsFor(view: LedgerView, self: KeyHolder): { readonly admitted: readonly string[]; readonly denied: readonly string[] } {
  const names = view.keys(CONTRACT_PREFIX).map((key) => key.slice(CONTRACT_PREFIX.length));
  const isDenied = (name: string): boolean => denialOf(readContractPolicy(view, name), view, self) !== undefined;
  return { admitted: names.filter((name) => !isDenied(name)), denied: names.filter(isDenied) };
}

function usableEpochs(view: LedgerView, contract: string): bigint[] {
  const prefix = `${EPOCH_PREFIX}${contract}/`;
  const epochs = view
    .keys(prefix)
    .map((key) => key.slice(prefix.length))
    .filter((text) => /^[0-9]{1,19}$/.test(text));
  return epochs.map(BigInt).filter((epoch) => isEpochUsable(view, contract, epoch) === 'usable');
}
