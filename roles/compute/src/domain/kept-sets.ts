import { toHex } from '@selvedge/crypto';
import type { KeptSet, SetMemory, StoredEntry } from '@selvedge/tee-node';

/** Names a set, and the terms under which a content guard stands for what it holds. */
export interface KeptSetTerms {
  readonly contract: string;
  /** Under another version of the policy the guard may have stood still while entries changed. */
  readonly policyVersion: bigint;
  readonly codeHash: Uint8Array;
  readonly ownerSet: string;
  readonly dataset: string;
  /** Empty: the whole dataset. */
  readonly datasetTag: Uint8Array;
  /** 32 bytes. */
  readonly contentGuardKey: Uint8Array;
}

/** Opened sets of entries in TEE memory, the longest unused dropped first. */
export interface KeptSets {
  /** What is kept of one set, apart for each business node that served it. */
  of(terms: KeptSetTerms): SetMemory<StoredEntry>;
  readonly count: number;
  /** Estimate of what is kept now; never above the budget. */
  readonly bytes: number;
  /** How often a set was found, since the start; its guard may have changed since. */
  readonly hits: number;
}

/** @param maxBytes budget, by estimate; 0 keeps nothing */
export function createKeptSets(maxBytes: number): KeptSets {
  const kept = new Map<string, { readonly set: KeptSet<StoredEntry>; readonly bytes: number }>();
  let keptBytes = 0;
  let hits = 0;
  const forget = (id: string): void => {
    keptBytes -= kept.get(id)?.bytes ?? 0;
    kept.delete(id);
  };
  return {
    get count() {
      return kept.size;
    },
    get hits() {
      return hits;
    },
    get bytes() {
      return keptBytes;
    },
    of(terms) {
      const idOf = (address: string): string => `${address} ${termsText(terms)}`;
      return {
        contentGuardKey: terms.contentGuardKey,
        find(address) {
          const id = idOf(address);
          const found = kept.get(id);
          if (found === undefined) return undefined;
          kept.delete(id);
          kept.set(id, found);
          hits += 1;
          return found.set;
        },
        keep(address, set) {
          const id = idOf(address);
          forget(id);
          const bytes = sizeOf(set);
          if (bytes > maxBytes) return;
          kept.set(id, { set, bytes });
          keptBytes += bytes;
          for (const oldest of kept.keys()) {
            if (keptBytes <= maxBytes) return;
            forget(oldest);
          }
        },
        forget: (address) => { forget(idOf(address)); },
      };
    },
  };
}

function termsText({ contract, policyVersion, codeHash, ownerSet, dataset, datasetTag }: KeptSetTerms): string {
  return JSON.stringify([contract, String(policyVersion), toHex(codeHash), ownerSet, dataset, toHex(datasetTag)]);
}

/** The entry, its parsed document at about three times its text, and its places in the indexes. */
const ENTRY_BYTES = 1024;

function sizeOf({ entries }: KeptSet<StoredEntry>): number {
  return entries.reduce((bytes, { key, value }) => bytes + ENTRY_BYTES + 2 * key.length + 4 * value.length, ENTRY_BYTES);
}
