import { table } from '../terminal.js';
import type { FabricStatus } from './status.js';

/** Status for people. */
export function statusText(status: FabricStatus): string {
  const { network, channel, profileVersion, keyBrokerRecorded, chaincodes, contracts, nodes, proposals, problems } = status;
  const parts = [
    `network ${network} on channel ${channel}; profile ${profileVersion === undefined ? 'not recorded' : `version ${String(profileVersion)}`}; key broker ${keyBrokerRecorded ? 'recorded' : 'not recorded'}; SIMULATED TEEs: for development only`,
    table([['chaincode', 'version', 'sequence', 'approved by', 'installed here at'], ...chaincodes.map(({ name, version, sequence, approvedBy, installedAt }) => [name, version ?? 'not committed', sequence === undefined ? '-' : String(sequence), list(approvedBy), list(installedAt)])]),
    ...(contracts.length === 0
      ? []
      : [
          table([
            ['contract', 'version', 'policy', 'code hash', 'key epochs', 'owners'],
            ...contracts.map(({ name, version, policyVersion, codeHash, epochs, ownerSets }) => [
              name,
              version,
              String(policyVersion),
              codeHash.slice(0, 16),
              list(epochs.map(({ epoch, status: state }) => (state === 'usable' ? String(epoch) : `${String(epoch)} (${state})`))),
              ownerSets.map((set) => `${set.name}: ${set.owners.join(' ')}`).join('; '),
            ]),
          ]),
        ]),
    table([
      ['process', 'organisation', 'address', 'pid', 'height', 'state', ''],
      ...nodes.map(({ name, mspId, address, pid, height, ready, detail }) => [name, mspId, address, pid === undefined ? '-' : String(pid), height === undefined ? '-' : String(height), ready ? 'ready' : 'not ready', detail]),
    ]),
    ...(proposals.length === 0 ? [] : [`proposals that wait for approvals: ${proposals.join(', ')}`]),
    ...problems.map((problem) => `problem: ${problem}`),
  ];
  return parts.join('\n\n');
}

function list(items: readonly string[]): string {
  return items.length === 0 ? '-' : items.join(', ');
}
