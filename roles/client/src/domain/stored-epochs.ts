import { isEpochUsable, type FactReader } from '@selvedge/policy';
import { LIMITS, parseMessage, StoredKeyEpochsSchema, type StoredKeyEpochs } from '@selvedge/protocol';

/** Entries of one dataset by the epoch of the data key that they lie under. */
export interface DatasetEpochs {
  /** Empty: world state. */
  readonly dataset: string;
  /** Its entries end by themselves (blockToLive), and are not re-encrypted: that would prolong them. */
  readonly isEnding: boolean;
  /** Ascending. isReadable: compute nodes hold the epoch's key; they do not after its revocation. */
  readonly epochs: readonly { readonly epoch: bigint; readonly entries: bigint; readonly isReadable: boolean }[];
}

/** What lies on the ledger's current state, by epoch. */
export interface StoredEpochs {
  readonly newestEpoch: bigint;
  readonly datasets: readonly DatasetEpochs[];
  /** Entries under older epochs, but for those that end by themselves. */
  readonly left: bigint;
  /** Of those, how many lie under revoked epochs: nothing can open them. */
  readonly unreadable: bigint;
  /** Entries under older epochs that end by themselves. */
  readonly ending: bigint;
  /** Older epochs under which requests that are on their way may still write: none once the newest two epochs are younger, or the epoch is revoked. */
  readonly stillWritable: readonly bigint[];
}

/** Parses a node's answer. Throws MALFORMED_MESSAGE, MESSAGE_TOO_LARGE. */
export function parseStoredEpochs(payload: Uint8Array): StoredKeyEpochs {
  return parseMessage(StoredKeyEpochsSchema, payload, LIMITS.maxMessageBytes);
}

/** Sums an answer up. */
export function describeStoredEpochs({ newestEpoch, datasets }: StoredKeyEpochs, contract: string, view: FactReader): StoredEpochs {
  const older = datasets.flatMap(({ ending, epochs }) => epochs.filter(({ epoch }) => epoch < newestEpoch).map((each) => ({ ...each, ending })));
  const total = (counted: readonly { readonly entries: bigint }[]): bigint => counted.reduce((sum, { entries }) => sum + entries, 0n);
  const before = newestEpoch - 1n;
  return {
    newestEpoch,
    datasets: datasets.map(({ dataset, ending, epochs }) => ({ dataset, isEnding: ending, epochs: epochs.map(({ epoch, entries, readable }) => ({ epoch, entries, isReadable: readable })) })),
    left: total(older.filter(({ ending }) => !ending)),
    unreadable: total(older.filter(({ ending, readable }) => !ending && !readable)),
    ending: total(older.filter(({ ending }) => ending)),
    stillWritable: isEpochUsable(view, contract, before) === 'usable' ? [before] : [],
  };
}
