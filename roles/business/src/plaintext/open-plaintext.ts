import { equalBytes } from '@selvedge/crypto';
import type { LedgerLog, LedgerStore, StateReader } from '@selvedge/embedded-ledger';
import { readOwnerKey } from '@selvedge/policy';
import { openOwnerCopy } from '@selvedge/sealed-objects';
import { readContractDatasets } from '../domain/contract-datasets.js';
import type { DatasetPlace, PacketReader } from '../ports.js';
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
  readonly isPlaintext: (place: DatasetPlace) => boolean;
  /** Begins to bring copies into the store of plaintext. */
  start(): void;
  readonly feed: Pick<PlaintextFeed, 'wake' | 'reach'>;
  /** Throws PLAINTEXT_COPY_INVALID for a packet whose copy this node cannot open. */
  verifyCopy(packet: Uint8Array): void;
  close(): Promise<void>;
}

/** Opens the outbox beside the ledger's tables. @param state of the follower, which may be opened later @param packetWaitMs how long a block waits for packets that are missing */
export function openLedgerPlaintext(
  store: LedgerStore,
  { keeping, mspId, state, packets, packetWaitMs, log }: { readonly keeping: PlaintextKeeping; readonly mspId: string; readonly state: () => StateReader; readonly packets: PacketReader; readonly packetWaitMs: number; readonly log?: LedgerLog | undefined },
): LedgerPlaintext {
  const outbox = openPlaintextOutbox(store);
  let feed: PlaintextFeed | undefined;
  const lastBlock = (): bigint | undefined => (state().height === 0n ? undefined : state().height - 1n);
  return {
    outbox,
    isPlaintext: (place) => isPlaintextDataset(state(), place),
    start() {
      const holdsKey = (contract: string): boolean => holdsRecordedKey(state(), keeping.keyPairs, { mspId, contract });
      feed ??= startPlaintextFeed({ store, outbox, ...keeping, mspId, lastBlock, holdsKey, packetWaitMs, snapshot: () => takePlaintextSnapshot(state(), packets, mspId), log });
    },
    feed: {
      wake: () => feed?.wake(),
      reach: async (blockNumber, timeoutMs) => feed?.reach(blockNumber, timeoutMs),
    },
    verifyCopy: (packet) => {
      openOwnerCopy(packet, { mspId, keyPairs: (suite) => keeping.keyPairs.keyPairs(suite) });
    },
    close: async () => feed?.close(),
  };
}

/** Whether the key that copies of a contract are sealed to now, by the ledger, is one of this node's. */
function holdsRecordedKey(state: StateReader, ownKeys: OwnerKeyPairs, { mspId, contract }: { readonly mspId: string; readonly contract: string }): boolean {
  const { suite } = readContractDatasets(state, contract).policy;
  const recorded = readOwnerKey(state, mspId, suite);
  return recorded === undefined || ownKeys.keyPairs(suite).some(({ publicKey }) => equalBytes(publicKey, recorded));
}
