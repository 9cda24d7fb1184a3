import { labelledHash } from '@selvedge/crypto';
import type { LedgerDatabase, LedgerStore } from '@selvedge/embedded-ledger';

/** A private entry by its hash. */
export interface EntryPlace {
  readonly contract: string;
  readonly collection: string;
  /** SHA-256 of the private key, 32 bytes. */
  readonly keyHash: Uint8Array;
}

/** A packet that the ledger lists in an own collection and that has not reached this node. */
export interface Gap extends EntryPlace {
  readonly blockNumber: bigint;
  /** Of the transaction, in its block. */
  readonly index: number;
  /** SHA-256 of the packet, 32 bytes. */
  readonly valueHash: Uint8Array;
  /** Selvedge's ids of all that the transaction carries, 32 bytes each: none of a batch is complete before all are. Empty when the response does not tell. */
  readonly txIds: readonly Uint8Array[];
  /** What the response says it is; undefined: to be read from the packet's own header. */
  readonly entry: { readonly dataset: string; readonly datasetTag: Uint8Array; readonly ledgerKey: Uint8Array } | undefined;
}

/** The gaps of this node. All writes happen inside a write transaction of the store. */
export interface GapStore {
  add(gap: Gap): void;
  /** Forgets the gap at a place: it was filled, or written anew. undefined: there was none. */
  settle(place: EntryPlace): Gap | undefined;
  /** The gap at a place. */
  at(place: EntryPlace): Gap | undefined;
  /** Whether packets of a transaction are missing. */
  isIncomplete(txId: Uint8Array): boolean;
  /** All gaps of the next blocks that have any, in block order, above a number; undefined begins with the first. */
  list(afterBlock: bigint | undefined, maxBlocks: number): readonly Gap[];
  readonly count: number;
}

const BLOCK_BYTES = 8;
const TX_ID_BYTES = 32;
const COUNT_KEY = Buffer.from('count');

/**
 * Opens the tables. `gaps`: block number || place -> the gap. `gap-places`: place -> block number. `gap-transactions`:
 * transaction id || place -> nothing. `gap-count`: how many, exact since it changes in the same transactions.
 */
export function openGapStore(store: LedgerStore): GapStore {
  const gaps = store.database('gaps');
  const places = store.database('gap-places');
  const transactions = store.database('gap-transactions');
  const countTable = store.database('gap-count');
  const readCount = (): number => Number(countTable.get(COUNT_KEY)?.toString() ?? '0');
  const find = (place: Uint8Array): Gap | undefined => {
    const block = places.get(place);
    const record = block && gaps.get(Buffer.concat([block, place]));
    return record && decodeGap(record);
  };
  const settle = (at: EntryPlace): Gap | undefined => {
    const place = placeKey(at);
    const gap = find(place);
    if (gap === undefined) return undefined;
    gaps.remove(Buffer.concat([blockKey(gap.blockNumber), place]));
    places.remove(place);
    for (const txId of gap.txIds) transactions.remove(Buffer.concat([txId, place]));
    writeCount(countTable, readCount() - 1);
    return gap;
  };
  return {
    add: (gap) => {
      settle(gap);
      const place = placeKey(gap);
      gaps.put(Buffer.concat([blockKey(gap.blockNumber), place]), encodeGap(gap));
      places.put(place, blockKey(gap.blockNumber));
      for (const txId of gap.txIds) transactions.put(Buffer.concat([txId, place]), new Uint8Array(0));
      writeCount(countTable, readCount() + 1);
    },
    settle,
    at: (place) => find(placeKey(place)),
    isIncomplete: (txId) => {
      for (const { key } of transactions.range({ start: txId, limit: 1 })) return Buffer.from(txId).equals(key.subarray(0, TX_ID_BYTES));
      return false;
    },
    list: (afterBlock, maxBlocks) => {
      const found: Gap[] = [];
      let blocks = 0;
      for (const { value } of gaps.range({ start: blockKey(afterBlock === undefined ? 0n : afterBlock + 1n) })) {
        const gap = decodeGap(value);
        if (gap.blockNumber !== found.at(-1)?.blockNumber) blocks += 1;
        if (blocks > maxBlocks) break;
        found.push(gap);
      }
      return found;
    },
    get count() {
      return readCount();
    },
  };
}

function writeCount(table: LedgerDatabase, count: number): void {
  table.put(COUNT_KEY, Buffer.from(String(count)));
}

function placeKey({ contract, collection, keyHash }: EntryPlace): Uint8Array {
  return labelledHash('gap', contract, collection, keyHash);
}

function blockKey(number: bigint): Buffer {
  const bytes = Buffer.alloc(BLOCK_BYTES);
  bytes.writeBigUInt64BE(number);
  return bytes;
}

interface StoredGap {
  readonly contract: string;
  readonly collection: string;
  readonly keyHash: string;
  readonly blockNumber: string;
  readonly index: number;
  readonly valueHash: string;
  readonly txIds: readonly string[];
  readonly entry?: { readonly dataset: string; readonly datasetTag: string; readonly ledgerKey: string };
}

function encodeGap({ contract, collection, keyHash, blockNumber, index, valueHash, txIds, entry }: Gap): Buffer {
  const stored: StoredGap = {
    contract,
    collection,
    keyHash: hex(keyHash),
    blockNumber: String(blockNumber),
    index,
    valueHash: hex(valueHash),
    txIds: txIds.map(hex),
    ...(entry && { entry: { dataset: entry.dataset, datasetTag: hex(entry.datasetTag), ledgerKey: hex(entry.ledgerKey) } }),
  };
  return Buffer.from(JSON.stringify(stored));
}

function decodeGap(record: Uint8Array): Gap {
  const { contract, collection, keyHash, blockNumber, index, valueHash, txIds, entry } = JSON.parse(Buffer.from(record).toString('utf8')) as StoredGap;
  return {
    contract,
    collection,
    keyHash: Buffer.from(keyHash, 'hex'),
    blockNumber: BigInt(blockNumber),
    index,
    valueHash: Buffer.from(valueHash, 'hex'),
    txIds: txIds.map((txId) => Buffer.from(txId, 'hex')),
    entry: entry && { dataset: entry.dataset, datasetTag: Buffer.from(entry.datasetTag, 'hex'), ledgerKey: Buffer.from(entry.ledgerKey, 'hex') },
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
