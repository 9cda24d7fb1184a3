import { fromHex, labelledHash, toHex } from '@selvedge/crypto';
import type { LedgerStore } from '@selvedge/embedded-ledger';

/** A collection that a dataset takes over: they have one name. */
export interface LegacyCollection {
  readonly contract: string;
  readonly collection: string;
}

/** An entry of such a collection. */
export interface LegacyPlace extends LegacyCollection {
  /** SHA-256 of the key, 32 bytes. */
  readonly keyHash: Uint8Array;
}

/** An entry whose value the peer has not delivered yet. */
export interface LegacyGap extends LegacyPlace {
  readonly blockNumber: bigint;
  /** Of the transaction, in its block. */
  readonly index: number;
  /** SHA-256 of the value, 32 bytes. */
  readonly valueHash: Uint8Array;
}

/** What this node's organisation has in collections that are taken over. All writes happen inside a write transaction of the store. */
export interface LegacyStore {
  /** Number of the first block that has not been read for the collection. */
  nextBlock(collection: LegacyCollection): bigint;
  setNextBlock(collection: LegacyCollection, blockNumber: bigint): void;
  value(place: LegacyPlace): Uint8Array | undefined;
  put(place: LegacyPlace, value: Uint8Array): void;
  /** The value is to come. */
  miss(gap: LegacyGap): void;
  remove(place: LegacyPlace): void;
  gap(place: LegacyPlace): LegacyGap | undefined;
  /** In an order of their own. @param after places up to this one are left out */
  gaps(limit: number, after?: LegacyPlace): readonly LegacyGap[];
}

const [VALUE, GAP, NEXT] = ['v', 'g', 'n'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];
const AFTER_GAPS = Buffer.from('h');
/** Makes of a key the first one after it. */
const FOLLOWING = Buffer.of(0);

/** Opens the table `legacy`: v || place -> value; g || place -> what is missing; n || collection -> number of the next block. */
export function openLegacyStore(store: LedgerStore): LegacyStore {
  const table = store.database('legacy');
  const valueKey = (place: LegacyPlace): Buffer => Buffer.concat([VALUE, placeHash(place)]);
  const gapKey = (place: LegacyPlace): Buffer => Buffer.concat([GAP, placeHash(place)]);
  const nextKey = ({ contract, collection }: LegacyCollection): Buffer => Buffer.concat([NEXT, labelledHash('legacy collection', contract, collection)]);
  return {
    nextBlock: (collection) => BigInt(Buffer.from(table.get(nextKey(collection)) ?? Buffer.from('0')).toString()),
    setNextBlock: (collection, blockNumber) => { table.put(nextKey(collection), Buffer.from(String(blockNumber))); },
    value: (place) => table.get(valueKey(place)),
    put(place, value) {
      table.remove(gapKey(place));
      table.put(valueKey(place), value);
    },
    miss(gap) {
      table.remove(valueKey(gap));
      table.put(gapKey(gap), encode(gap));
    },
    remove(place) {
      table.remove(gapKey(place));
      table.remove(valueKey(place));
    },
    gap(place) {
      const found = table.get(gapKey(place));
      return found && decode(found);
    },
    gaps: (limit, after) => [...table.range({ start: after === undefined ? GAP : Buffer.concat([gapKey(after), FOLLOWING]), end: AFTER_GAPS, limit })].map(({ value }) => decode(value)),
  };
}

function placeHash({ contract, collection, keyHash }: LegacyPlace): Uint8Array {
  return labelledHash('legacy entry', contract, collection, keyHash);
}

type StoredGap = readonly [contract: string, collection: string, keyHash: string, blockNumber: string, index: number, valueHash: string];

function encode({ contract, collection, keyHash, blockNumber, index, valueHash }: LegacyGap): Buffer {
  const stored: StoredGap = [contract, collection, toHex(keyHash), String(blockNumber), index, toHex(valueHash)];
  return Buffer.from(JSON.stringify(stored));
}

function decode(bytes: Uint8Array): LegacyGap {
  const [contract, collection, keyHash, blockNumber, index, valueHash] = JSON.parse(Buffer.from(bytes).toString('utf8')) as StoredGap;
  return { contract, collection, keyHash: fromHex(keyHash), blockNumber: BigInt(blockNumber), index, valueHash: fromHex(valueHash) };
}
