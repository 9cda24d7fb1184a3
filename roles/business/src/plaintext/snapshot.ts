import { equalBytes, sha256 } from '@selvedge/crypto';
import type { StateReader } from '@selvedge/embedded-ledger';
import { isSelvedgeError } from '@selvedge/errors';
import { readContractDatasets } from '../domain/contract-datasets.js';
import type { DatasetPlace, PacketReader } from '../ports.js';
import type { OutboxChange } from '../store/plaintext-outbox.js';
import type { PlaintextSnapshot } from './feed.js';

const CONTRACT_PREFIX = 'contract/';
const ALL_TAGS = new Uint8Array(0);
const START = new Uint8Array(0);

/** Whether a contract's dataset is kept in plaintext by its owners, and in this owner set, by the policy on the ledger. */
export function isPlaintextDataset(state: Pick<StateReader, 'fact'>, { contract, ownerSet, dataset }: DatasetPlace): boolean {
  try {
    const found = readContractDatasets(state, contract).datasets.get(dataset);
    return found?.isPlaintext === true && found.ownerSet === ownerSet;
  } catch (error) {
    // Not a contract of this network.
    if (isSelvedgeError(error)) return false;
    throw error;
  }
}

/** All entries of the plaintext datasets that an organisation owns, of the state's one height, but those whose packet is missing. Synchronous. */
export function takePlaintextSnapshot(state: StateReader, packets: PacketReader, mspId: string): PlaintextSnapshot {
  let missing = 0;
  const changes: OutboxChange[] = [];
  for (const contract of state.factKeys(CONTRACT_PREFIX).map((key) => key.slice(CONTRACT_PREFIX.length))) {
    for (const [dataset, { ownerSet, owners, isPlaintext }] of readContractDatasets(state, contract).datasets) {
      if (!isPlaintext || !owners.includes(mspId)) continue;
      const place = { contract, ownerSet, dataset };
      for (const ledgerKey of packets.ledgerKeys(place, ALL_TAGS, START)) {
        // Removed by a transaction whose response did not name it.
        const version = state.version(contract, ownerSet, dataset, ledgerKey);
        if (version === undefined) continue;
        const packet = packets.packet(place, ledgerKey);
        // On Fabric an older one may lie there until the listed one comes.
        if (packet !== undefined && equalBytes(sha256(packet), version)) changes.push({ contract, dataset, ledgerKey, txId: '', packetHash: version, packet });
        else missing += 1;
      }
    }
  }
  return { blockNumber: state.height - 1n, changes, missing };
}
