import { fromBinary, toBinary, create } from '@bufbuild/protobuf';
import { labelledHash } from '@selvedge/crypto';
import type { AppliedVersion, LedgerStore } from '@selvedge/embedded-ledger';
import { KeyVersionSchema, type KeyVersion } from '@selvedge/protocol';
import type { DatasetPlace, HistoryReader } from '../ports.js';

/** The versions of this node's keys of world state. Writes happen inside the ledger's block transaction. */
export interface HistoryStore extends HistoryReader {
  add(version: AppliedVersion): void;
  /** Keeps a packet for as long as histories name it. @param hash its SHA-256, 32 bytes */
  keepPacket(hash: Uint8Array, packet: Uint8Array): void;
}

const COUNT_BYTES = 8;
const HASH_BYTES = 32;

/**
 * Opens the tables. `history`: place || ledger key || number (8 bytes) -> packet hash (none: a delete) || KeyVersion without its
 * packet. `history-packets`: packet hash -> packet.
 * isKept: false keeps nothing from now on, and gives nothing away.
 */
export function openHistoryStore(store: LedgerStore, { isKept }: { readonly isKept: boolean }): HistoryStore {
  const versions = store.database('history');
  const packets = store.database('history-packets');
  return {
    isKept,
    add: ({ count, packetHash, txId, timestampSeconds, timestampNanos, previousHead, ...place }) => {
      if (!isKept) return;
      const version = toBinary(KeyVersionSchema, create(KeyVersionSchema, { txId, timestampSeconds, timestampNanos, previousHead }));
      versions.put(versionKey(place, place.ledgerKey, count), Buffer.concat([Buffer.of(packetHash.length), packetHash, version]));
    },
    keepPacket: (hash, packet) => {
      if (isKept) packets.put(hash, packet);
    },
    version: (place, ledgerKey, count) => {
      const record = versions.get(versionKey(place, ledgerKey, count));
      if (record === undefined) return undefined;
      const hashBytes = record[0] ?? 0;
      const version: KeyVersion = fromBinary(KeyVersionSchema, record.subarray(1 + hashBytes));
      if (hashBytes !== HASH_BYTES) return version;
      const packet = packets.get(record.subarray(1, 1 + hashBytes));
      if (packet === undefined) return 'packet missing';
      version.packet = packet;
      return version;
    },
  };
}

function versionKey({ contract, ownerSet, dataset }: DatasetPlace, ledgerKey: Uint8Array, count: bigint): Buffer {
  const number = Buffer.alloc(COUNT_BYTES);
  number.writeBigUInt64BE(count);
  return Buffer.concat([labelledHash('packet place', contract, ownerSet, dataset), ledgerKey, number]);
}
