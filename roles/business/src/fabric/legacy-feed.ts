import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerLog, LedgerStore } from '@selvedge/embedded-ledger';
import { isSelvedgeError } from '@selvedge/errors';
import { foreignUpdates, parseFabricTransaction, type ForeignUpdate } from '@selvedge/fabric';
import type { DeliveredBlock, FabricBlockSource } from '@selvedge/fabric-network/follower';
import type { LegacyCollection, LegacyPlace, LegacyStore } from '../store/legacy-store.js';
import { createLegacyGapFiller } from './legacy-gaps.js';
import { legacyValues, valueOf } from './legacy-values.js';

export interface LegacyFeedOptions {
  readonly store: LedgerStore;
  readonly legacy: LegacyStore;
  readonly blocks: Pick<FabricBlockSource, 'read'>;
  /** Collections of this node's organisation that are taken over, by the policies on the ledger. */
  readonly collections: () => readonly LegacyCollection[];
  /** Number of blocks that the follower has applied. */
  readonly height: () => bigint;
  readonly log?: LedgerLog | undefined;
  /** Pauses while something is missing or the peer does not answer; default 200, doubling up to 5,000. */
  readonly retry?: { readonly initialDelayMs: number; readonly maxDelayMs: number } | undefined;
}

/**
 * Keeps the entries of collections that are taken over. They were written before anybody knew that they would be, so that the channel is
 * read again from its first block on, once for each such collection, and then along with the follower.
 */
export interface LegacyFeed {
  /** The ledger has grown, or begins. Calls change nothing while it reads. */
  wake(): void;
  /** Resolves when something has been read, or after the time. */
  progress(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}

/** Blocks of one round. */
const PER_ROUND = 32n;
/** Values that are kept in memory before they are written. */
const MAX_PENDING_BYTES = 4 * 1024 * 1024;
const VALID = 0;

/** What one write of a block leaves of an entry. */
interface LegacyChange extends LegacyPlace {
  /** Of its transaction, in the block. */
  readonly index: number;
  /** undefined: it is gone. */
  readonly valueHash: Uint8Array | undefined;
  /** undefined: the peer lacks it. */
  readonly value: Uint8Array | undefined;
}

interface ReadBlock {
  readonly blockNumber: bigint;
  readonly changes: readonly LegacyChange[];
}

/** Builds a feed; it starts with wake(). */
export function createLegacyFeed(options: LegacyFeedOptions): LegacyFeed {
  const { store, legacy, blocks, log, retry = { initialDelayMs: 200, maxDelayMs: 5_000 } } = options;
  const stop = new AbortController();
  const waiting = new Set<() => void>();
  let running: Promise<void> | undefined;

  const told = (): void => {
    for (const resolve of [...waiting]) resolve();
  };

  const isBehind = (): boolean => options.collections().some((collection) => legacy.nextBlock(collection) < options.height());

  const readOn = async (): Promise<boolean> => {
    const height = options.height();
    const behind = options.collections().filter((collection) => legacy.nextBlock(collection) < height);
    const [from] = behind.map((collection) => legacy.nextBlock(collection)).sort((a, b) => (a < b ? -1 : 1));
    if (from === undefined) return false;
    const to = from + PER_ROUND < height ? from + PER_ROUND - 1n : height - 1n;
    let pending: ReadBlock[] = [];
    let bytes = 0;
    let isOn = false;
    // One sync for several blocks, as many as have little to write.
    const flush = async (): Promise<void> => {
      if (pending.length === 0) return;
      await store.write(() => { for (const block of pending) applyBlock(block, behind, legacy); });
      [pending, bytes, isOn] = [[], 0, true];
      told();
    };
    for await (const delivered of blocks.read(from, to, stop.signal)) {
      const changes = behind.flatMap((collection) => changesOf(delivered, collection));
      pending.push({ blockNumber: delivered.block.number, changes });
      bytes += changes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
      if (bytes >= MAX_PENDING_BYTES) await flush();
    }
    await flush();
    filler.wake();
    return isOn;
  };

  const run = async (): Promise<void> => {
    let delayMs = retry.initialDelayMs;
    while (!stop.signal.aborted) {
      try {
        if (await readOn()) {
          delayMs = retry.initialDelayMs;
          continue;
        }
        if (!isBehind()) return;
      } catch (error) {
        if (!isSelvedgeError(error)) throw error;
        log?.warn({ code: error.code }, `reading collections that are taken over failed: ${error.message}`);
      }
      await sleep(delayMs, undefined, { signal: stop.signal }).catch(() => undefined);
      delayMs = Math.min(delayMs * 2, retry.maxDelayMs);
    }
  };

  const filler = createLegacyGapFiller({ store, legacy, blocks, onFilled: told, log, retry });

  return {
    wake() {
      filler.wake();
      if (running !== undefined || stop.signal.aborted) return;
      running = run().finally(() => {
        running = undefined;
      });
      running.catch((error: unknown) => log?.error({ code: 'INTERNAL' }, `reading collections that are taken over ended: ${error instanceof Error ? error.message : 'unknown'}`));
    },
    progress: (timeoutMs) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          waiting.delete(done);
          resolve();
        };
        const timer = setTimeout(done, timeoutMs);
        waiting.add(done);
      }),
    close: async () => {
      stop.abort();
      told();
      await filler.close();
      await running?.catch(() => undefined);
    },
  };
}

/** What a block's valid transactions did to one collection. */
function changesOf(delivered: DeliveredBlock, collection: LegacyCollection): LegacyChange[] {
  const { envelopes, flags } = delivered.block;
  return envelopes.flatMap((envelope, index) => {
    if (flags[index] !== VALID) return [];
    const updates = updatesOf(envelope).filter((update) => update.namespace === collection.contract && update.collection === collection.collection);
    const values = updates.length === 0 ? [] : legacyValues(delivered, index, collection);
    return updates.map(({ keyHash, valueHash }) => ({ ...collection, keyHash: Uint8Array.from(keyHash), index, valueHash: valueHash && Uint8Array.from(valueHash), value: valueHash && valueOf({ keyHash, valueHash }, values) }));
  });
}

/** Inside a write transaction. A collection whose next block is another one has this one behind it, or not yet before it. */
function applyBlock({ blockNumber, changes }: ReadBlock, collections: readonly LegacyCollection[], legacy: LegacyStore): void {
  for (const each of collections.filter((collection) => legacy.nextBlock(collection) === blockNumber)) {
    for (const { contract, collection, keyHash, index, valueHash, value } of changes) {
      if (contract !== each.contract || collection !== each.collection) continue;
      const place = { contract, collection, keyHash };
      if (valueHash === undefined) legacy.remove(place);
      else if (value === undefined) legacy.miss({ ...place, blockNumber, index, valueHash });
      else legacy.put(place, value);
    }
    legacy.setNextBlock(each, blockNumber + 1n);
  }
}

function updatesOf(envelope: Uint8Array): ForeignUpdate[] {
  // A configuration, or another chaincode's that does not parse: followers judge alike.
  try {
    const transaction = parseFabricTransaction(envelope);
    return transaction === undefined ? [] : foreignUpdates(transaction.results);
  } catch (error) {
    if (!isSelvedgeError(error)) throw error;
    return [];
  }
}
