import { toHex } from '@selvedge/crypto';
import type { LedgerAdvance } from '@selvedge/ledger-view';
import { entryMark, keyPolicyMark } from '@selvedge/protocol';
import type { StoredEntry } from '@selvedge/tee-node';
import { createRecentChanges } from './recent-changes.js';

/** A key in a collection that is taken over. */
export interface LegacyRead {
  /** SHA-256 of the key. */
  readonly keyHash: Uint8Array;
  /** Empty: absent there too. */
  readonly value: Uint8Array;
}

/** What is known of one key. */
export interface ReadPoint {
  readonly ledgerKey: Uint8Array;
  /** undefined: the key is absent. */
  readonly entry: StoredEntry | undefined;
  /** Where there is no packet and the dataset takes a collection over: what a quorum has confirmed of it. */
  readonly legacy?: LegacyRead | undefined;
  /** SHA-256 of a packet that stands there and that nothing opens, where that was expected: there is no entry then. */
  readonly closed?: Uint8Array | undefined;
  /** Empty: none. */
  readonly keyPolicy: Uint8Array;
}

/** Names a key, and the terms under which it is read. */
export interface KeptPointTerms {
  readonly contract: string;
  readonly policyVersion: bigint;
  readonly ownerSet: string;
  readonly dataset: string;
  /** 32 bytes. */
  readonly ledgerKey: Uint8Array;
  readonly withKeyPolicy: boolean;
}

/** What is remembered of one key. */
export interface PointMemory {
  /** As it stands at the height of the ledger view; undefined: it must be asked for. */
  find(): ReadPoint | undefined;
  /** @param height that the business node says its answer is of */
  keep(point: ReadPoint, height: bigint): void;
  forget(): void;
}

/** Keys that queries read, in TEE memory until a block changes them; the longest unused dropped first. */
export interface KeptPoints {
  of(terms: KeptPointTerms): PointMemory;
  /** Follows the ledger view: drops what changed, and everything where that is not known. */
  advance(advance: LedgerAdvance): void;
  readonly count: number;
  /** Estimate of what is kept now; never above the budget. */
  readonly bytes: number;
  /** How often a key was found, since the start. */
  readonly hits: number;
}

export interface KeptPointsOptions {
  /** Budget, by estimate; 0 keeps nothing. */
  readonly maxBytes: number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** A key is asked for anew after so long, changed or not: a business node that lied about it is not believed for ever. Default 60,000. */
  readonly maxKeptMs?: number;
}

interface Kept {
  readonly point: ReadPoint;
  readonly marks: readonly string[];
  readonly bytes: number;
  readonly keptAtMs: number;
}

/** Keeps nothing until the first view. */
export function createKeptPoints({ maxBytes, clock, maxKeptMs = 60_000 }: KeptPointsOptions): KeptPoints {
  const recent = createRecentChanges();
  const kept = new Map<string, Kept>();
  const idsByMark = new Map<string, Set<string>>();
  let keptBytes = 0;
  let hits = 0;

  const forget = (id: string): void => {
    const found = kept.get(id);
    if (found === undefined) return;
    kept.delete(id);
    keptBytes -= found.bytes;
    for (const mark of found.marks) {
      const ids = idsByMark.get(mark);
      ids?.delete(id);
      if (ids?.size === 0) idsByMark.delete(mark);
    }
  };

  const keep = (id: string, added: Kept): void => {
    forget(id);
    if (added.bytes > maxBytes) return;
    kept.set(id, added);
    keptBytes += added.bytes;
    for (const mark of added.marks) idsByMark.set(mark, (idsByMark.get(mark) ?? new Set<string>()).add(id));
    for (const oldest of kept.keys()) {
      if (keptBytes <= maxBytes) return;
      forget(oldest);
    }
  };

  return {
    get count() {
      return kept.size;
    },
    get bytes() {
      return keptBytes;
    },
    get hits() {
      return hits;
    },
    of(terms) {
      const id = termsText(terms);
      const { contract, ownerSet, ledgerKey } = terms;
      return {
        find() {
          const found = kept.get(id);
          if (found === undefined) return undefined;
          if (clock() - found.keptAtMs > maxKeptMs) {
            forget(id);
            return undefined;
          }
          kept.delete(id);
          kept.set(id, found);
          hits += 1;
          return found.point;
        },
        keep(point, height) {
          const marks = [entryMark(contract, ownerSet, ledgerKey), keyPolicyMark(contract, ownerSet, ledgerKey)].map(toHex);
          if (recent.areUnchangedSince(height, marks)) keep(id, { point, marks, bytes: sizeOf(id, point), keptAtMs: clock() });
        },
        forget: () => { forget(id); },
      };
    },
    advance(advance) {
      recent.advance(advance);
      if (advance.changes === undefined) for (const id of [...kept.keys()]) forget(id);
      else for (const mark of advance.changes.flat()) for (const id of [...(idsByMark.get(mark) ?? [])]) forget(id);
    },
  };
}

function termsText({ contract, policyVersion, ownerSet, dataset, ledgerKey, withKeyPolicy }: KeptPointTerms): string {
  return JSON.stringify([contract, String(policyVersion), ownerSet, dataset, toHex(ledgerKey), withKeyPolicy]);
}

/** The objects around a value, and its marks. */
const POINT_BYTES = 1024;

function sizeOf(id: string, { entry, keyPolicy }: ReadPoint): number {
  return POINT_BYTES + 2 * id.length + keyPolicy.length + (entry === undefined ? 0 : 2 * entry.key.length + entry.value.length);
}
