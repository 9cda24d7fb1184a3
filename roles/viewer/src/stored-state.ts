import { equalBytes } from '@selvedge/crypto';
import { isSelvedgeError } from '@selvedge/errors';
import { membershipGuardKey } from '@selvedge/protocol';
import type { KeyVersion } from '@selvedge/protocol';
import type { PlaceOfRead, ReadScope, StateSource } from '@selvedge/tee-node';
import { openEntry, type OpenedEntry } from './domain/open-entry.js';
import type { ViewedContract } from './domain/viewed-contract.js';

/** Followers chain histories of the world state alone, as Fabric keeps them. */
const WORLD_STATE = '';

/** A version of a key; entry undefined: it was deleted. */
export interface StoredVersion {
  readonly txId: Uint8Array;
  readonly timestampSeconds: bigint;
  readonly timestampNanos: number;
  readonly entry: OpenedEntry | undefined;
}

/** Reads a contract's state as it stands on the ledger: nothing is shown that a quorum of followers does not confirm. */
export interface StoredState {
  /** undefined: the key is absent, or was deleted. @param datasetTag of the key's object type */
  present(place: PlaceOfRead, key: { readonly ledgerKey: Uint8Array; readonly datasetTag: Uint8Array }): Promise<StoredVersion | undefined>;
  /** Newest first; of world state. Throws HISTORY_NOT_KEPT, HISTORY_UNCONFIRMED. */
  versions(place: PlaceOfRead, ledgerKey: Uint8Array, limit?: number): Promise<StoredVersion[]>;
  /** All entries under a tag, complete by a quorum's statements. */
  entries(place: PlaceOfRead, datasetTag: Uint8Array): Promise<readonly OpenedEntry[]>;
}

export function createStoredState(source: StateSource, scope: ReadScope, channel: string, contract: ViewedContract): StoredState {
  const versions: StoredState['versions'] = (place, ledgerKey, limit) => {
    const { dataset } = place;
    const open = ({ txId, timestampSeconds, timestampNanos, packet }: KeyVersion): StoredVersion => ({
      txId,
      timestampSeconds,
      timestampNanos,
      entry: packet.length === 0 ? undefined : openEntry(packet, channel, contract, { dataset, ledgerKey }),
    });
    return source.readHistory(scope, { ...place, ledgerKey, ...(limit === undefined ? {} : { limit }) }, open);
  };

  const entries: StoredState['entries'] = async (place, datasetTag) => {
    const { dataset } = place;
    const open = (packet: Uint8Array): OpenedEntry => openEntry(packet, channel, contract, { dataset, datasetTag });
    return (await source.readSet(scope, { ...place, datasetTag, guardKey: membershipGuardKey(datasetTag), confirm: true, open })).entries;
  };

  const presentInSet: StoredState['present'] = async (place, { ledgerKey, datasetTag }) => {
    const entry = (await entries(place, datasetTag)).find((candidate) => equalBytes(candidate.ledgerKey, ledgerKey));
    return entry && { txId: entry.txId, timestampSeconds: 0n, timestampNanos: 0, entry };
  };

  return {
    versions,
    entries,
    async present(place, key) {
      if (place.dataset !== WORLD_STATE) return presentInSet(place, key);
      try {
        const [newest] = await versions(place, key.ledgerKey, 1);
        return newest?.entry === undefined ? undefined : newest;
      } catch (error) {
        // The owner keeps no histories; the set that the key belongs to says the same.
        if (isSelvedgeError(error, 'HISTORY_NOT_KEPT')) return presentInSet(place, key);
        throw error;
      }
    },
  };
}
