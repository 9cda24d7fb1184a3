import { historyHead, type HistoryVersion } from '@selvedge/protocol';
import type { LedgerDatabase, LedgerStore } from '../store.js';

/** Where a key's history ends. */
export interface KeyHistory {
  /** End of the hash chain over its versions, 32 bytes. */
  readonly head: Uint8Array;
  /** Versions, deletes included. */
  readonly count: bigint;
}

/** Where a version stands in its key's chain. */
export interface ChainedVersion {
  /** Empty: it is the first. */
  readonly previousHead: Uint8Array;
  /** Its number, from 1. */
  readonly count: bigint;
}

const HEAD_BYTES = 32;
const NO_HISTORY: KeyHistory = { head: new Uint8Array(0), count: 0n };

/** The end of each key's history in a store. `history-heads`: entry key -> head || count (8 bytes). */
export class HistoryHeads {
  readonly #heads: LedgerDatabase;

  constructor(store: LedgerStore) {
    this.#heads = store.database('history-heads');
  }

  /** @param key 32 bytes */
  get(key: Uint8Array): KeyHistory {
    const bytes = this.#heads.get(key);
    if (bytes === undefined) return NO_HISTORY;
    return { head: bytes.subarray(0, HEAD_BYTES), count: Buffer.from(bytes).readBigUInt64BE(HEAD_BYTES) };
  }

  /** Inside a write transaction. */
  append(key: Uint8Array, version: HistoryVersion): ChainedVersion {
    const { head: previousHead, count: before } = this.get(key);
    const count = Buffer.alloc(8);
    count.writeBigUInt64BE(before + 1n);
    this.#heads.put(key, Buffer.concat([historyHead(previousHead, version), count]));
    return { previousHead, count: before + 1n };
  }
}
