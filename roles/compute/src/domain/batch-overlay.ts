import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { StateChange } from './build-core.js';

/** The last write of a key by an item of the batch. */
export interface EarlierWrite {
  /** undefined: the key is absent. */
  readonly packet: Uint8Array | undefined;
  /** An item has changed the key's own endorsement policy. */
  readonly isPolicyChanged: boolean;
  /** It has purged the key. */
  readonly isPurge: boolean;
  /** SerializedIdentity bytes of the item's creator, as hex. */
  readonly creator: string;
}

/** What the items of a batch have written so far. */
export interface BatchOverlay {
  write(contract: string, dataset: string, ledgerKey: Uint8Array): EarlierWrite | undefined;
  /** Whether an entry of a dataset was written, or of one object type of it. */
  isWritten(contract: string, dataset: string, datasetTag?: Uint8Array): boolean;
  /** Lays an item over it. Throws BATCH_ITEM_DEFERRED, and changes nothing, where it writes a key that an earlier item purges, or whose own policy it changed. */
  add(creator: string, changes: readonly StateChange[]): void;
}

/** Begins with nothing written. */
export function createBatchOverlay(): BatchOverlay {
  const writes = new Map<string, EarlierWrite>();
  const sets = new Set<string>();
  const write = (contract: string, dataset: string, ledgerKey: Uint8Array): EarlierWrite | undefined => writes.get(idOf(contract, dataset, ledgerKey));
  return {
    write,
    isWritten: (contract, dataset, datasetTag) => sets.has(idOf(contract, dataset, datasetTag)),
    add(creator, changes) {
      const isUnderNewPolicy = changes.some(({ contract, dataset, ledgerKey }) => write(contract, dataset, ledgerKey)?.isPolicyChanged);
      if (isUnderNewPolicy) throw deferred('it writes a key whose endorsement policy an earlier item of the batch changes');
      // A ledger that takes a key's last write alone would not purge what was there before.
      if (changes.some(({ contract, dataset, ledgerKey }) => write(contract, dataset, ledgerKey)?.isPurge)) throw deferred('it writes a key that an earlier item of the batch purges');
      for (const { contract, dataset, datasetTag, ledgerKey, packet, isPolicyChanged, isPurge } of changes) {
        writes.set(idOf(contract, dataset, ledgerKey), { packet, isPolicyChanged, isPurge, creator });
        sets.add(idOf(contract, dataset, datasetTag)).add(idOf(contract, dataset));
      }
    },
  };
}

/** Throws BATCH_ITEM_DEFERRED where an item may not rest on what an earlier one wrote: nobody sees what others have not committed. */
export function verifyMayRest({ creator, isPolicyChanged }: EarlierWrite, reader: string): void {
  if (creator !== reader) throw deferred('it reads what an earlier item of the batch writes for another creator');
  if (isPolicyChanged) throw deferred('it reads a key whose endorsement policy an earlier item of the batch changes');
}

/** The refusal of an item that has to wait for its batch. */
export function deferred(why: string): SelvedgeError {
  return new SelvedgeError('BATCH_ITEM_DEFERRED', why, { role: 'compute' });
}

function idOf(contract: string, dataset: string, key?: Uint8Array): string {
  return JSON.stringify([contract, dataset, key === undefined ? '' : toHex(key)]);
}
