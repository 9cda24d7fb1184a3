import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerLog, LedgerStore } from '@selvedge/embedded-ledger';
import { isSelvedgeError } from '@selvedge/errors';
import type { FabricBlockSource } from '@selvedge/fabric-network/follower';
import type { LegacyGap, LegacyStore } from '../store/legacy-store.js';
import { blockRanges } from './block-ranges.js';
import { valueIn } from './legacy-values.js';

export interface LegacyGapFillerOptions {
  readonly store: LedgerStore;
  readonly legacy: LegacyStore;
  readonly blocks: Pick<FabricBlockSource, 'read'>;
  /** Something came. */
  readonly onFilled: () => void;
  readonly log?: LedgerLog | undefined;
  readonly retry: { readonly initialDelayMs: number; readonly maxDelayMs: number };
}

/** Asks the peer again for values of collections that are taken over which it lacked, beside what is read meanwhile. */
export interface LegacyGapFiller {
  /** There are gaps, perhaps. Calls change nothing while a search runs. */
  wake(): void;
  close(): Promise<void>;
}

/** Of one round. */
const MAX_GAPS = 32;

/** Builds a filler; it starts with wake(). */
export function createLegacyGapFiller({ store, legacy, blocks, onFilled, log, retry }: LegacyGapFillerOptions): LegacyGapFiller {
  const stop = new AbortController();
  let running: Promise<void> | undefined;
  // Where the last round ended: gaps that nobody can fill must not keep the others waiting.
  let after: LegacyGap | undefined;

  const round = async (): Promise<boolean> => {
    const next = legacy.gaps(MAX_GAPS, after);
    const found = [...(next.length > 0 ? next : legacy.gaps(MAX_GAPS))];
    after = found.at(-1);
    let filled = false;
    for (const [from, to] of blockRanges(found.sort((a, b) => (a.blockNumber < b.blockNumber ? -1 : 1)))) {
      for await (const delivered of blocks.read(from, to, stop.signal)) {
        const values = found.filter(({ blockNumber }) => blockNumber === delivered.block.number).map((gap) => ({ gap, value: valueIn(delivered, gap) }));
        if (values.every(({ value }) => value === undefined)) continue;
        const kept = await store.write(() => values.filter(({ gap, value }) => value !== undefined && fill(gap, value, legacy)));
        if (kept.length > 0) onFilled();
        filled ||= kept.length > 0;
      }
    }
    return filled;
  };

  const search = async (): Promise<void> => {
    let delayMs = retry.initialDelayMs;
    while (legacy.gaps(1).length > 0) {
      await sleep(delayMs, undefined, { signal: stop.signal }).catch(() => undefined);
      if (stop.signal.aborted) return;
      const filled = await round().catch((error: unknown) => {
        if (!isSelvedgeError(error)) throw error;
        log?.warn({ code: error.code }, `asking for missing values of collections that are taken over failed: ${error.message}`);
        return false;
      });
      const slower = filled ? retry.initialDelayMs : Math.min(delayMs * 2, retry.maxDelayMs);
      // Once the pause is as long as it gets there is no news until something arrives.
      if (slower > delayMs) log?.warn({ block: String(legacy.gaps(1)[0]?.blockNumber ?? '') }, 'values of collections that are taken over are still missing; the peer has not got them');
      delayMs = slower;
    }
  };

  return {
    wake() {
      if (running !== undefined || stop.signal.aborted) return;
      running = search().finally(() => {
        running = undefined;
      });
      running.catch((error: unknown) => log?.error({ code: 'INTERNAL' }, `the search for values of collections that are taken over ended: ${error instanceof Error ? error.message : 'unknown'}`));
    },
    close: async () => {
      stop.abort();
      await running?.catch(() => undefined);
    },
  };
}

/** Unless the entry was written anew, or is gone, meanwhile. */
function fill(gap: LegacyGap, value: Uint8Array, legacy: LegacyStore): boolean {
  const current = legacy.gap(gap);
  if (current?.blockNumber !== gap.blockNumber || current.index !== gap.index) return false;
  legacy.put(gap, value);
  return true;
}
