import { sha256 } from '@selvedge/crypto';
import type { StateReader } from '@selvedge/embedded-ledger';
import { isSelvedgeError } from '@selvedge/errors';
import { readContractDatasets } from '../domain/contract-datasets.js';
import type { PacketReader } from '../ports.js';
import type { OutboxChange } from '../store/plaintext-outbox.js';
import type { PlaintextSnapshot } from './feed.js';

const CONTRACT_PREFIX = 'contract/';
const ALL_TAGS = new Uint8Array(0);
const START = new Uint8Array(0);

/** Whether a contract's dataset is kept in plaintext by its owners, by the policy on the ledger. */
export function isPlaintextDataset(state: Pick<StateReader, 'fact'>, contract: string, dataset: string): boolean {
  try {
    return readContractDatasets(state, contract).datasets.get(dataset)?.isPlaintext === true;
  } catch (error) {
    // Not a contract of this network.
    if (isSelvedgeError(error)) return false;
    throw error;
  }
}

/** All entries of the plaintext datasets that an organisation owns, of the state's one height; undefined: packets are missing. Synchronous. */
export function takePlaintextSnapshot(state: StateReader, packets: PacketReader, mspId: string): PlaintextSnapshot | undefined {
  const changes: OutboxChange[] = [];
  for (const contract of state.factKeys(CONTRACT_PREFIX).map((key) => key.slice(CONTRACT_PREFIX.length))) {
    for (const [dataset, { ownerSet, owners, isPlaintext }] of readContractDatasets(state, contract).datasets) {
      if (!isPlaintext || !owners.includes(mspId)) continue;
      const place = { contract, ownerSet, dataset };
      for (const ledgerKey of packets.ledgerKeys(place, ALL_TAGS, START)) {
        // Removed by a transaction whose response did not name it.
        if (state.version(contract, ownerSet, dataset, ledgerKey) === undefined) continue;
        const packet = packets.packet(place, ledgerKey);
        if (packet === undefined) return undefined;
        changes.push({ contract, dataset, ledgerKey, txId: '', packetHash: sha256(packet), packet });
      }
    }
  }
  return { blockNumber: state.height - 1n, changes };
}
