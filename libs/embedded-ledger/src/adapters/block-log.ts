import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { BlockSchema, type Block } from '@selvedge/protocol';
import { corrupt } from '../domain/block.js';
import type { LedgerDatabase, LedgerStore } from '../store.js';

const RECENT_BLOCKS = 32;

/** The sequencer's log: encoded blocks by number. Recent ones are kept in memory for the followers that are close behind. */
export class BlockLog {
  readonly #store: LedgerStore;
  readonly #blocks: LedgerDatabase;
  readonly #recent = new Map<bigint, Block>();

  constructor(store: LedgerStore) {
    this.#store = store;
    this.#blocks = store.database('blocks');
  }

  /** Number of stored blocks, by the highest key. */
  get height(): bigint {
    const last = this.#blocks.last();
    return last === undefined ? 0n : Buffer.from(last.key).readBigUInt64BE() + 1n;
  }

  /** Throws LEDGER_CORRUPT when the block is missing or does not parse. */
  read(number: bigint): Block {
    const recent = this.#recent.get(number);
    if (recent !== undefined) return recent;
    const bytes = this.#blocks.get(numberKey(number));
    if (bytes === undefined) throw corrupt(`block ${String(number)} is missing from the log`);
    try {
      return fromBinary(BlockSchema, bytes);
    } catch (cause) {
      throw corrupt(`block ${String(number)} of the log does not parse`, cause);
    }
  }

  /**
   * Writes the block. Resolves after it is synced. beforeSync runs inside the write transaction.
   * Throws LEDGER_CORRUPT when another process has written a block of this number.
   */
  async append(number: bigint, block: Block, beforeSync: () => void): Promise<void> {
    const key = numberKey(number);
    await this.#store.write(() => {
      if (this.#blocks.has(key)) throw corrupt(`block ${String(number)} is in the log already: does another sequencer run on it?`);
      this.#blocks.put(key, toBinary(BlockSchema, block));
      beforeSync();
    });
    this.#recent.set(number, block);
    this.#recent.delete(number - BigInt(RECENT_BLOCKS));
  }
}

function numberKey(number: bigint): Buffer {
  const key = Buffer.alloc(8);
  key.writeBigUInt64BE(number);
  return key;
}
