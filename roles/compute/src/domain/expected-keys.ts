import type { LedgerView } from '@selvedge/ledger-view';
import { CHANNEL_EPOCH, facts, isEpochUsable } from '@selvedge/policy';
import type { HeldKeys } from '@selvedge/tee-node';
import { isAssignedTo, readContractPolicy } from './contract-terms.js';

const EPOCH_PREFIX = 'epoch/';
const CONTRACT_PREFIX = facts.contract('');

/**
 * Whether this node holds every key that the ledger says it should: usable envelope epochs of every allowed suite, and
 * usable epochs of every contract assigned to it. The broker's own view may be behind when it answers; then the node
 * asks again.
 */
export function isComplete(keys: HeldKeys, view: LedgerView, nodeId: string): boolean {
  const suites = view.profile.message.allowedSuites;
  const envelopes = usableEpochs(view, CHANNEL_EPOCH).every((epoch) => suites.every((suite) => keys.envelopeKey(suite, epoch) !== undefined));
  return envelopes && assignedContracts(view, nodeId).every((contract) => usableEpochs(view, contract).every((epoch) => keys.contract(contract)?.epoch(epoch) !== undefined));
}

/** Names of the contracts on the ledger that may run on this node. */
export function assignedContracts(view: LedgerView, nodeId: string): string[] {
  const names = view.keys(CONTRACT_PREFIX).map((key) => key.slice(CONTRACT_PREFIX.length));
  return names.filter((name) => isAssignedTo(readContractPolicy(view, name), nodeId));
}

function usableEpochs(view: LedgerView, contract: string): bigint[] {
  const prefix = `${EPOCH_PREFIX}${contract}/`;
  const epochs = view
    .keys(prefix)
    .map((key) => key.slice(prefix.length))
    .filter((text) => /^[0-9]{1,19}$/.test(text));
  return epochs.map(BigInt).filter((epoch) => isEpochUsable(view, contract, epoch) === 'usable');
}
