import { setTimeout } from 'node:timers/promises';
import { isSelvedgeError } from '@selvedge/errors';
import type { LedgerLog, LedgerStore } from '@selvedge/embedded-ledger';
import { ownerSetOf, parsePrivateData, type PrivateValue } from '@selvedge/fabric';
import type { DeliveredBlock, FabricBlockSource } from '@selvedge/fabric-network/follower';
import type { PacketIdentity } from '../domain/identify-packet.js';
import type { DatasetPlace } from '../ports.js';
import { findValue, keepPacket } from '../store/apply-fabric-block.js';
import type { Gap, GapStore } from '../store/gap-store.js';
import type { HistoryStore } from '../store/history-store.js';
import type { PacketStore } from '../store/packet-store.js';
import type { PlaintextOutbox } from '../store/plaintext-outbox.js';
import { blockRanges } from './block-ranges.js';

export interface GapFillerOptions {
  readonly store: LedgerStore;
  readonly gaps: GapStore;
  readonly packets: PacketStore;
  readonly history: HistoryStore;
  readonly plaintext: {
    readonly outbox: Pick<PlaintextOutbox, 'fill' | 'note'>;
    readonly isPlaintext: (place: DatasetPlace) => boolean;
    /** Number of the block that comes next. */
    readonly nextBlock: () => bigint;
  };
  readonly blocks: Pick<FabricBlockSource, 'read'>;
  /** A transaction got one of its packets, after the sync. */
  readonly onFilled: (txId: Uint8Array) => void;
  /** Something came, whether or not a transaction is named for it. */
  readonly onRound: () => void;
  readonly log?: LedgerLog | undefined;
  /** Pauses between rounds; default 200, doubling up to 5,000 while nothing arrives. */
  readonly retry?: { readonly initialDelayMs: number; readonly maxDelayMs: number } | undefined;
}

/** Asks the peer again for blocks whose packets were missing: what reaches it later is not delivered by itself. */
export interface GapFiller {
  /** There are gaps, perhaps new ones. Calls change nothing while a search runs. */
  wake(): void;
  close(): Promise<void>;
}

/** Blocks of one round: bounds memory, and how long new gaps wait. */
const BLOCKS_PER_ROUND = 32;

/** Builds a filler; it starts with wake(). */
export function createGapFiller(options: GapFillerOptions): GapFiller {
  const { gaps, log, retry = { initialDelayMs: 200, maxDelayMs: 5_000 } } = options;
  const stop = new AbortController();
  let running: Promise<void> | undefined;
  // Where the last round ended: gaps that nobody can fill must not keep the others waiting.
  let after: bigint | undefined;

  const round = async (): Promise<number> => {
    const first = gaps.list(after, BLOCKS_PER_ROUND);
    const found = first.length > 0 ? first : gaps.list(undefined, BLOCKS_PER_ROUND);
    after = found.at(-1)?.blockNumber;
    let filled = 0;
    for (const [from, to] of blockRanges(found)) {
      for await (const delivered of options.blocks.read(from, to, stop.signal)) {
        filled += await fillBlock(found.filter(({ blockNumber }) => blockNumber === delivered.block.number), delivered, options);
      }
    }
    return filled;
  };

  const search = async (): Promise<void> => {
    let delayMs = retry.initialDelayMs;
    while (!stop.signal.aborted && gaps.count > 0) {
      // Timer and abort race; an abort is how close() ends the pause.
      await setTimeout(delayMs, undefined, { signal: stop.signal }).catch(() => undefined);
      if (isStopped(stop.signal)) return;
      const filled = await round().catch((error: unknown) => {
        if (!isSelvedgeError(error)) throw error;
        log?.warn({ code: error.code, missing: gaps.count }, `asking for missing packets failed: ${error.message}`);
        return 0;
      });
      const slower = filled > 0 ? retry.initialDelayMs : Math.min(delayMs * 2, retry.maxDelayMs);
      // Once the pause is as long as it gets there is no news until something arrives.
      if (slower > delayMs) log?.warn({ missing: gaps.count, block: String(gaps.list(undefined, 1)[0]?.blockNumber ?? '') }, 'packets are still missing; the peer has not got them');
      delayMs = slower;
    }
    if (!isStopped(stop.signal)) log?.warn({ missing: 0 }, 'no packets are missing any more');
  };

  return {
    wake: () => {
      if (running !== undefined || stop.signal.aborted) return;
      running = search().finally(() => {
        running = undefined;
      });
      // A store that fails shows in the follower too, which tells of it.
      running.catch((error: unknown) => log?.error({ code: 'INTERNAL' }, `the search for missing packets ended: ${error instanceof Error ? error.message : 'unknown'}`));
    },
    close: async () => {
      stop.abort();
      await running?.catch(() => undefined);
    },
  };
}

/** Puts what has arrived, in one write transaction; tells how many. */
async function fillBlock(open: readonly Gap[], { privateData }: DeliveredBlock, { store, gaps, packets, history, plaintext, onFilled, onRound, log }: GapFillerOptions): Promise<number> {
  const found = open.flatMap((gap) => {
    const value = findValue(gap, valuesOf(privateData.get(gap.index), gap));
    return value === undefined ? [] : [{ gap, value }];
  });
  if (found.length === 0) return 0;
  const filled = await store.write(() =>
    found.filter(({ gap, value }) => {
      // The follower may have written the entry anew meanwhile.
      const current = gaps.at(gap);
      if (current?.blockNumber !== gap.blockNumber || current.index !== gap.index) return false;
      gaps.settle(gap);
      const identity = keepPacket(gap, value, { packets, history, log });
      const isWaitedFor = gap.entry !== undefined && plaintext.outbox.fill(gap.blockNumber, gap.valueHash, value);
      if (!isWaitedFor && identity !== undefined) noteLate(gap, identity, value, plaintext);
      return true;
    }),
  );
  for (const { gap } of filled) gap.txIds.forEach(onFilled);
  onRound();
  return filled.length;
}

/** No response had named it, so that nothing was noted with its block, or the store of plaintext went on without it: it comes with the next block. */
function noteLate({ contract, collection, valueHash }: Gap, { dataset, ledgerKey }: PacketIdentity, packet: Uint8Array, { outbox, isPlaintext, nextBlock }: GapFillerOptions['plaintext']): void {
  if (isPlaintext({ contract, ownerSet: ownerSetOf(collection) ?? '', dataset })) outbox.note(nextBlock(), { contract, dataset, ledgerKey, txId: '', packetHash: valueHash, packet });
}

function valuesOf(bytes: Uint8Array | undefined, { contract, collection }: Gap): PrivateValue[] {
  if (bytes === undefined) return [];
  return parsePrivateData(bytes, (namespace, name) => namespace === contract && name === collection);
}

// A function, because the compiler takes an aborted flag that was false once for false ever after.
function isStopped(signal: AbortSignal): boolean {
  return signal.aborted;
}
