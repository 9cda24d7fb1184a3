import { equalBytes, sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { ContractPolicy } from '@selvedge/protocol';
import { nameEpochOf, openPacket, resealPacket, type ExpectedPacket, type OpenedPacket } from '@selvedge/sealed-objects';
import type { ServedEntry } from '../ports.js';
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
  /** Throws as openPacket; STATE_FORGED for plaintext whose packet, made anew, is not the one whose hash comes with it. */
  open(served: ServedEntry, contract: { readonly policy: Pick<ContractPolicy, 'name'>; readonly keys: HeldContractKeys }, place: ExpectedPlace): StoredEntry;
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
    open(served, { policy, keys }, place) {
      const packetHash = hashOf(served);
      // The place is part of the id: a hit has passed the very same check.
      const id = `${policy.name} ${place.dataset} ${placeText(place)} ${toHex(packetHash)}`;
      const known = cache.get(id);
      if (known !== undefined) return verifySame(known, served);
      const expected: ExpectedPacket = { channel, contract: policy.name, ...place };
      const { key, value, header } = openServed(served, { dataKey: (epoch) => keys.epoch(epoch)?.dataKey, expected });
      const { ledgerKey, datasetTag, keyEpoch, reEncrypted: isReEncrypted } = header;
      const entry = { key, value, ledgerKey, datasetTag, packetHash, keyEpoch, nameEpoch: nameEpochOf(header), isReEncrypted };
      remember(id, entry);
      return entry;
    },
  };
}

function hashOf(served: ServedEntry): Uint8Array {
  return served instanceof Uint8Array ? sha256(served) : served.packetHash;
}

type OpeningContext = Parameters<typeof openPacket>[1];

/**
 * Plaintext is believed when the packet that it makes is the one of the hash: nobody without the contract's keys can name the hash of
 * another value's packet. Whether that version is the ledger's is judged as for packets.
 */
function openServed(served: ServedEntry, context: OpeningContext): OpenedPacket {
  if (served instanceof Uint8Array) return openPacket(served, context);
  const { hash, header } = resealPacket(served, context);
  if (!equalBytes(hash, served.packetHash)) throw new SelvedgeError('STATE_FORGED', 'a value is not the one that was committed');
  return { key: served.key, value: served.value, header };
}

/** What was opened under this hash before is the truth; a sender that says something else is caught even so. */
function verifySame(known: StoredEntry, served: ServedEntry): StoredEntry {
  if (served instanceof Uint8Array) return known;
  if (served.key !== known.key || !equalBytes(served.value, known.value)) throw new SelvedgeError('STATE_FORGED', 'a value is not the one that was committed');
  return known;
}

function placeText({ ledgerKey, datasetTag }: ExpectedPlace): string {
  return `${ledgerKey === undefined ? '' : toHex(ledgerKey)}/${datasetTag === undefined ? '' : toHex(datasetTag)}`;
}

/** Strings of JavaScript take up to two bytes a character; the rest is an estimate. */
function sizeOf(id: string, entry: StoredEntry): number {
  return 2 * (id.length + entry.key.length) + entry.value.length + 256;
}
