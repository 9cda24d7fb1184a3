import type { SetRoot } from '@selvedge/set-digest';

/** Where the entries of a dataset lie. */
export interface SetPlace {
  readonly contract: string;
  readonly ownerSet: string;
  readonly dataset: string;
}

/** A set that followers keep a digest of. */
export interface SetId extends SetPlace {
  /** 32 bytes: the entries of one tag. Empty: the whole dataset. */
  readonly datasetTag: Uint8Array;
}

export interface EntryId extends SetPlace {
  /** 32 bytes. */
  readonly ledgerKey: Uint8Array;
}

/** One write of a valid transaction, as far as sets go. */
export interface SetWrite extends EntryId {
  /** 32 bytes. */
  readonly datasetTag: Uint8Array;
  /** 32 bytes; undefined removes the entry. */
  readonly version: Uint8Array | undefined;
}

/** What a block does to sets. */
export interface SetBlock {
  /** After the block. */
  readonly height: bigint;
  /** In order. */
  readonly writes: readonly SetWrite[];
  /** Entries that ended with the block, after all of its writes. */
  readonly ended: readonly EntryId[];
}

/** The guards after a block. */
export interface GuardSource {
  /** 32 bytes; undefined: absent. */
  value(place: SetPlace, guardKey: Uint8Array): Uint8Array | undefined;
  /** From which height on a guard that was written in the block before `height` is absent; undefined: it stays. */
  endsAt(place: SetPlace, height: bigint): bigint | undefined;
}

/** What a set is at one height: what followers sign. */
export interface SetDigestAt extends SetRoot {
  /** Value of its guard (the tag's membership guard, the dataset's content guard), 32 bytes; empty: absent. */
  readonly guardTxId: Uint8Array;
}

/** So many heights below the newest one are answered for. */
export const KEPT_SET_HEIGHTS = 64n;
