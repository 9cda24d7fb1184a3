import type { LedgerLog, LedgerStore, StateReader } from '@selvedge/embedded-ledger';
import type { PacketReader } from '../ports.js';
import { openPlaintextOutbox, type PlaintextOutbox } from '../store/plaintext-outbox.js';
import { startPlaintextFeed, type PlaintextFeed } from './feed.js';
import type { OwnerKeyPairs } from './owner-key-pairs.js';
import type { PlaintextStore } from './plaintext-store.js';
import { isPlaintextDataset, takePlaintextSnapshot } from './snapshot.js';

/** What a node keeps plaintext with. */
export interface PlaintextKeeping {
  readonly plaintext: PlaintextStore;
  readonly keyPairs: OwnerKeyPairs;
}

/** The plaintext side of a followed ledger. */
export interface LedgerPlaintext {
  readonly outbox: PlaintextOutbox;
  readonly isPlaintext: (contract: string, dataset: string) => boolean;
  /** Begins to bring copies into the store of plaintext. */
  start(): void;
  readonly feed: Pick<PlaintextFeed, 'wake' | 'reach'>;
  close(): Promise<void>;
}

/** Opens the outbox beside the ledger's tables. @param state of the follower, which may be opened later */
export function openLedgerPlaintext(
  store: LedgerStore,
  { keeping, mspId, state, packets, log }: { readonly keeping: PlaintextKeeping; readonly mspId: string; readonly state: () => StateReader; readonly packets: PacketReader; readonly log?: LedgerLog | undefined },
): LedgerPlaintext {
  const outbox = openPlaintextOutbox(store);
  let feed: PlaintextFeed | undefined;
  const lastBlock = (): bigint | undefined => (state().height === 0n ? undefined : state().height - 1n);
  return {
    outbox,
    isPlaintext: (contract, dataset) => isPlaintextDataset(state(), contract, dataset),
    start() {
      feed ??= startPlaintextFeed({ store, outbox, ...keeping, mspId, lastBlock, snapshot: () => takePlaintextSnapshot(state(), packets, mspId), log });
    },
    feed: {
      wake: () => feed?.wake(),
      reach: async (blockNumber, timeoutMs) => feed?.reach(blockNumber, timeoutMs),
    },
    close: async () => feed?.close(),
  };
}
