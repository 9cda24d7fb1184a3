import type { PlaintextBlock, PlaintextEntry } from '@selvedge/business';
import { labelledHash, toHex } from '@selvedge/crypto';

/** Names an entry: digest of contract and dataset, then the ledger key, in hex. */
export function entryId(contract: string, dataset: string, ledgerKey: Uint8Array): string {
  return toHex(labelledHash('plaintext dataset', contract, dataset)) + toHex(ledgerKey);
}

/** What a store must hold after these blocks, each applied once and in order. */
export function modelOf(blocks: Iterable<PlaintextBlock>): Map<string, PlaintextEntry> {
  const entries = new Map<string, PlaintextEntry>();
  for (const { number, changes } of blocks) {
    for (const { contract, dataset, ledgerKey, key, value, packetHeader, packetHash, txId } of changes) {
      const id = entryId(contract, dataset, ledgerKey);
      if (value === undefined) entries.delete(id);
      else entries.set(id, { key, value, packetHeader, packetHash, txId, blockNumber: number });
    }
  }
  return entries;
}

/** In a form that compares by content and prints briefly. */
export function comparable(entries: ReadonlyMap<string, PlaintextEntry>): string[] {
  return [...entries].map(([id, { key, value, packetHeader, packetHash, txId, blockNumber }]) => JSON.stringify([id, key, toHex(value), toHex(packetHeader), toHex(packetHash), txId, blockNumber.toString()])).sort();
}
