import { labelledHash } from '@selvedge/crypto';
import type { LedgerDatabase, LedgerStore } from '@selvedge/embedded-ledger';
import type { DatasetPlace, PacketReader } from '../ports.js';

/** What one write does to an entry. */
export interface PacketChange {
  readonly place: DatasetPlace;
  readonly ledgerKey: Uint8Array;
  readonly datasetTag: Uint8Array;
  /** undefined: this node lacks it, and says so when it is asked. */
  readonly packet: Uint8Array | undefined;
}

/** The packets of this node's datasets. Writes happen inside the ledger's block transaction. */
export interface PacketStore extends PacketReader {
  put(change: PacketChange): void;
  remove(place: DatasetPlace, ledgerKey: Uint8Array): void;
}

const TAG_BYTES = 32;
/** Above every 32-byte ledger key. */
const AFTER_ALL_KEYS = Buffer.alloc(33, 0xff);

/**
 * Opens the tables. `packets`: place || ledger key -> packet. `packet-tags`: place || ledger key -> tag.
 * `packet-index`: place || tag || ledger key -> nothing. A place is a 32-byte digest of its three names.
 */
export function openPacketStore(store: LedgerStore): PacketStore {
  const packets = store.database('packets');
  const tags = store.database('packet-tags');
  const index = store.database('packet-index');
  const places = new Map<string, Uint8Array>();
  const placeKey = ({ contract, ownerSet, dataset }: DatasetPlace): Uint8Array => {
    const name = JSON.stringify([contract, ownerSet, dataset]);
    let key = places.get(name);
    if (key === undefined) {
      key = labelledHash('packet place', contract, ownerSet, dataset);
      places.set(name, key);
    }
    return key;
  };
  const unlist = (place: Uint8Array, key: Uint8Array, ledgerKey: Uint8Array): void => {
    const tag = tags.get(key);
    if (tag !== undefined) index.remove(Buffer.concat([place, tag, ledgerKey]));
  };
  return {
    packet: (place, ledgerKey) => packets.get(Buffer.concat([placeKey(place), ledgerKey])),
    ledgerKeys: (place, datasetTag, after) =>
      datasetTag.length === 0 ? readLedgerKeys(tags, Buffer.from(placeKey(place)), after) : readLedgerKeys(index, Buffer.concat([placeKey(place), datasetTag]), after),
    put: ({ place: named, ledgerKey, datasetTag, packet }) => {
      const place = placeKey(named);
      const key = Buffer.concat([place, ledgerKey]);
      unlist(place, key, ledgerKey);
      if (packet === undefined) packets.remove(key);
      else packets.put(key, packet);
      tags.put(key, datasetTag.subarray(0, TAG_BYTES));
      index.put(Buffer.concat([place, datasetTag, ledgerKey]), new Uint8Array(0));
    },
    remove: (named, ledgerKey) => {
      const place = placeKey(named);
      const key = Buffer.concat([place, ledgerKey]);
      unlist(place, key, ledgerKey);
      tags.remove(key);
      packets.remove(key);
    },
  };
}

function* readLedgerKeys(index: LedgerDatabase, prefix: Buffer, after: Uint8Array): Iterable<Uint8Array> {
  // The next key in byte order after k is k || 00.
  const start = after.length === 0 ? prefix : Buffer.concat([prefix, after, Buffer.of(0)]);
  for (const { key } of index.range({ start, end: Buffer.concat([prefix, AFTER_ALL_KEYS]) })) yield Uint8Array.from(key.subarray(prefix.length));
}
