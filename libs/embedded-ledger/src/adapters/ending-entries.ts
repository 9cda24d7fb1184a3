import type { LedgerDatabase, LedgerStore } from '../store.js';

/** An entry that is due to end. */
export interface DueEntry {
  /** As it was scheduled. */
  readonly key: Uint8Array;
  readonly record: Uint8Array;
}

const NUMBER_BYTES = 8;

/**
 * Entries by the block with whose end they are gone (blockToLive): block number || entry key -> record. A later write
 * schedules its entry anew and leaves the earlier time standing, so whoever takes an entry looks whether it is the
 * version that was due. Every change happens inside a write transaction.
 */
export class EndingEntries {
  readonly #table: LedgerDatabase;

  constructor(store: LedgerStore, name: string) {
    this.#table = store.database(name);
  }

  /** @param key 32 bytes */
  schedule(block: bigint, { key, record }: DueEntry): void {
    this.#table.put(Buffer.concat([numberBytes(block), key]), record);
  }

  /** Removes and returns what ends with this block; in the order of the keys. */
  take(block: bigint): DueEntry[] {
    const due = [...this.#table.range({ start: numberBytes(block), end: numberBytes(block + 1n) })];
    for (const { key } of due) this.#table.remove(key);
    return due.map(({ key, value }) => ({ key: key.subarray(NUMBER_BYTES), record: value }));
  }
}

function numberBytes(number: bigint): Buffer {
  const bytes = Buffer.alloc(NUMBER_BYTES);
  bytes.writeBigUInt64BE(number);
  return bytes;
}
