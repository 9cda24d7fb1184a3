import { sha256 } from '@selvedge/crypto';
import { openPacket } from '@selvedge/sealed-objects';
import type { ExpectedPlace } from '@selvedge/tee-node';
import type { ViewedContract } from './viewed-contract.js';

/** An entry as it was stored, and by which transaction. */
export interface OpenedEntry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly ledgerKey: Uint8Array;
  readonly datasetTag: Uint8Array;
  /** SHA-256 of the packet: the entry's version. */
  readonly packetHash: Uint8Array;
  /** 32 bytes. */
  readonly txId: Uint8Array;
}

/** Opens a packet that belongs at a place of the contract. Throws as openPacket. */
export function openEntry(packet: Uint8Array, channel: string, { policy, keys }: ViewedContract, place: ExpectedPlace): OpenedEntry {
  const { key, value, header } = openPacket(packet, { dataKey: (epoch) => keys.epoch(epoch)?.dataKey, expected: { channel, contract: policy.name, ...place } });
  return { key, value, ledgerKey: header.ledgerKey, datasetTag: header.datasetTag, packetHash: sha256(packet), txId: header.txId };
}
