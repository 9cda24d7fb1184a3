import type { LedgerDatabase, LedgerStore } from '@selvedge/embedded-ledger';

/** What a committed transaction did to one entry of a dataset that this node keeps in plaintext. */
export interface OutboxChange {
  readonly contract: string;
  readonly dataset: string;
  readonly ledgerKey: Uint8Array;
  /** Hex; of a packet, its own header says it. */
  readonly txId: string;
  /** SHA-256 of the packet, 32 bytes; undefined: deleted. */
  readonly packetHash: Uint8Array | undefined;
  /** undefined: deleted, or it has not reached this node yet. */
  readonly packet: Uint8Array | undefined;
}

/**
 * Changes that wait for the store of plaintext, by block and in order. They are noted in the block's own write transaction, so none is
 * lost and none comes twice; they go once the store has them durably. Writes happen inside write transactions of the ledger's store.
 */
export interface PlaintextOutbox {
  note(blockNumber: bigint, change: OutboxChange): void;
  /** A packet that was missing has come. false: nothing waits for it any more. */
  fill(blockNumber: bigint, packetHash: Uint8Array, packet: Uint8Array): boolean;
  /** A packet that was missing is of no use any more: its entry was written anew, or has ended. */
  drop(blockNumber: bigint, packetHash: Uint8Array): void;
  /** Packets of blocks up to this one that have not come are waited for no longer: until they do, or their entries are written anew, those are as deleted. Returns them. */
  giveUp(throughBlock: bigint): readonly OutboxChange[];
  /** Whether every entry of a block whose packet is missing is written anew later on. */
  isWrittenAnew(blockNumber: bigint): boolean;
  changes(blockNumber: bigint): readonly OutboxChange[];
  /** Number of the first block with changes that wait. */
  firstBlock(): bigint | undefined;
  /** Every change of this block and of later ones is here; of earlier ones none. */
  readonly floor: bigint;
  /** Forgets the changes of blocks up to this one. */
  prune(throughBlock: bigint): void;
}

const NUMBER_BYTES = 8;
const SEQUENCE_BYTES = 4;
const LENGTH_BYTES = 4;
const FLOOR_KEY = Buffer.from('floor');

/** Opens the tables. `plaintext-outbox`: block number || place in it -> the change. `plaintext-floor`: one number. */
export function openPlaintextOutbox(store: LedgerStore): PlaintextOutbox {
  const table = store.database('plaintext-outbox');
  const floorTable = store.database('plaintext-floor');
  const ofBlock = (blockNumber: bigint): { key: Buffer; change: OutboxChange }[] =>
    [...table.range({ start: numberBytes(blockNumber), end: numberBytes(blockNumber + 1n) })].map(({ key, value }) => ({ key: Buffer.from(key), change: decode(Buffer.from(value)) }));
  const missing = (blockNumber: bigint, packetHash: Uint8Array): { key: Buffer; change: OutboxChange }[] =>
    ofBlock(blockNumber).filter(({ change }) => isMissing(change) && change.packetHash !== undefined && Buffer.from(packetHash).equals(change.packetHash));
  return {
    note(blockNumber, change) {
      table.put(nextKey(table, blockNumber), encode(change));
    },
    fill(blockNumber, packetHash, packet) {
      const waiting = missing(blockNumber, packetHash);
      for (const { key, change } of waiting) table.put(key, encode({ ...change, packet }));
      return waiting.length > 0;
    },
    drop(blockNumber, packetHash) {
      for (const { key } of missing(blockNumber, packetHash)) table.remove(key);
    },
    giveUp(throughBlock) {
      const given: { key: Buffer; change: OutboxChange }[] = [];
      for (const { key, value } of table.range({ end: numberBytes(throughBlock + 1n) })) {
        const change = decode(Buffer.from(value));
        if (isMissing(change)) given.push({ key: Buffer.from(key), change });
      }
      for (const { key, change } of given) table.put(key, encode({ ...change, packetHash: undefined }));
      return given.map(({ change }) => change);
    },
    isWrittenAnew(blockNumber) {
      const open = new Set(ofBlock(blockNumber).filter(({ change }) => isMissing(change)).map(({ change }) => entryOf(change)));
      for (const { value } of table.range({ start: numberBytes(blockNumber + 1n) })) {
        if (open.size === 0) break;
        open.delete(entryOf(decode(Buffer.from(value))));
      }
      return open.size === 0;
    },
    changes: (blockNumber) => ofBlock(blockNumber).map(({ change }) => change),
    firstBlock: () => {
      for (const { key } of table.range({ limit: 1 })) return Buffer.from(key).readBigUInt64BE(0);
      return undefined;
    },
    get floor() {
      const value = floorTable.get(FLOOR_KEY);
      return value === undefined ? 0n : Buffer.from(value).readBigUInt64BE(0);
    },
    prune(throughBlock) {
      const old = [...table.range({ end: numberBytes(throughBlock + 1n) })].map(({ key }) => Buffer.from(key));
      for (const key of old) table.remove(key);
      floorTable.put(FLOOR_KEY, numberBytes(throughBlock + 1n));
    },
  };
}

/** Whether the packet has not come. */
export function isMissing({ packetHash, packet }: OutboxChange): boolean {
  return packetHash !== undefined && packet === undefined;
}

function entryOf({ contract, dataset, ledgerKey }: OutboxChange): string {
  return JSON.stringify([contract, dataset, Buffer.from(ledgerKey).toString('hex')]);
}

function nextKey(table: LedgerDatabase, blockNumber: bigint): Buffer {
  const newest = table.last();
  // Almost always the block is the newest one, whose changes need not be read for it.
  const isNewest = newest !== undefined && Buffer.from(newest.key).readBigUInt64BE(0) === blockNumber;
  const last = isNewest ? newest : [...table.range({ start: numberBytes(blockNumber), end: numberBytes(blockNumber + 1n) })].at(-1);
  const sequence = Buffer.alloc(SEQUENCE_BYTES);
  sequence.writeUInt32BE(last === undefined ? 0 : Buffer.from(last.key).readUInt32BE(NUMBER_BYTES) + 1);
  return Buffer.concat([numberBytes(blockNumber), sequence]);
}

function numberBytes(number: bigint): Buffer {
  const bytes = Buffer.alloc(NUMBER_BYTES);
  bytes.writeBigUInt64BE(number);
  return bytes;
}

interface StoredChange {
  readonly contract: string;
  readonly dataset: string;
  readonly ledgerKey: string;
  readonly txId: string;
  readonly packetHash?: string;
}

/** Length of the JSON, the JSON, and the packet as it is; a packet is never empty. */
function encode({ contract, dataset, ledgerKey, txId, packetHash, packet }: OutboxChange): Buffer {
  const stored: StoredChange = { contract, dataset, ledgerKey: Buffer.from(ledgerKey).toString('hex'), txId, ...(packetHash && { packetHash: Buffer.from(packetHash).toString('hex') }) };
  const json = Buffer.from(JSON.stringify(stored));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json, packet ?? Buffer.alloc(0)]);
}

function decode(record: Buffer): OutboxChange {
  const end = LENGTH_BYTES + record.readUInt32BE(0);
  const { contract, dataset, ledgerKey, txId, packetHash } = JSON.parse(record.subarray(LENGTH_BYTES, end).toString('utf8')) as StoredChange;
  const packet = Uint8Array.from(record.subarray(end));
  return { contract, dataset, ledgerKey: Buffer.from(ledgerKey, 'hex'), txId, packetHash: packetHash === undefined ? undefined : Buffer.from(packetHash, 'hex'), packet: packet.length === 0 ? undefined : packet };
}
