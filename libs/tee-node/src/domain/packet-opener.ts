import { sha256, toHex } from '@selvedge/crypto';
import type { ContractPolicy } from '@selvedge/protocol';
import { nameEpochOf, openPacket, type ExpectedPacket } from '@selvedge/sealed-objects';
import type { HeldContractKeys } from './held-keys.js';

/** An entry as it was stored. */
export interface StoredEntry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly ledgerKey: Uint8Array;
  readonly datasetTag: Uint8Array;
  /** SHA-256 of the packet: the entry's version. */
  readonly packetHash: Uint8Array;
  /** Epoch of the data key that it lies under. */
  readonly keyEpoch: bigint;
  /** Epoch of the name key that ledger key and tag are derived under. */
  readonly nameEpoch: bigint;
  /** The value is that of the version before it: no contract wrote it. */
  readonly isReEncrypted: boolean;
}

/** Where the packet must belong, within its contract: an entry, one object type, or the dataset at large. */
export type ExpectedPlace = Pick<ExpectedPacket, 'dataset' | 'ledgerKey' | 'datasetTag'>;

/** Opens packets and remembers the last ones: a packet's hash names its content for good. */
export interface PacketOpener {
  /** Throws as openPacket. */
  open(packet: Uint8Array, contract: { readonly policy: Pick<ContractPolicy, 'name'>; readonly keys: HeldContractKeys }, place: ExpectedPlace): StoredEntry;
}

/** @param maxBytes of remembered values */
export function createPacketOpener(channel: string, maxBytes: number): PacketOpener {
  const cache = new Map<string, StoredEntry>();
  let cachedBytes = 0;
  const remember = (id: string, entry: StoredEntry): void => {
    cache.set(id, entry);
    cachedBytes += sizeOf(id, entry);
    for (const [oldId, old] of cache) {
      if (cachedBytes <= maxBytes) return;
      cache.delete(oldId);
      cachedBytes -= sizeOf(oldId, old);
    }
  };
  return {
    open(packet, { policy, keys }, place) {
      const packetHash = sha256(packet);
      // The place is part of the id: a hit has passed the very same check.
      const id = `${policy.name} ${place.dataset} ${placeText(place)} ${toHex(packetHash)}`;
      const known = cache.get(id);
      if (known !== undefined) return known;
      const expected: ExpectedPacket = { channel, contract: policy.name, ...place };
      const { key, value, header } = openPacket(packet, { dataKey: (epoch) => keys.epoch(epoch)?.dataKey, expected });
      const { ledgerKey, datasetTag, keyEpoch, reEncrypted: isReEncrypted } = header;
      const entry = { key, value, ledgerKey, datasetTag, packetHash, keyEpoch, nameEpoch: nameEpochOf(header), isReEncrypted };
      remember(id, entry);
      return entry;
    },
  };
}

function placeText({ ledgerKey, datasetTag }: ExpectedPlace): string {
  return `${ledgerKey === undefined ? '' : toHex(ledgerKey)}/${datasetTag === undefined ? '' : toHex(datasetTag)}`;
}

/** Strings of JavaScript take up to two bytes a character; the rest is an estimate. */
function sizeOf(id: string, entry: StoredEntry): number {
  return 2 * (id.length + entry.key.length) + entry.value.length + 256;
}
