/** What one transaction did to one entry of a dataset that this node keeps in plaintext. */
export interface PlaintextChange {
  readonly contract: string;
  readonly dataset: string;
  readonly ledgerKey: Uint8Array;
  readonly key: string;
  /** undefined: deleted. */
  readonly value: Uint8Array | undefined;
  /** The clear header of the packet that carried the value. */
  readonly packetHeader: Uint8Array;
  /** Its version on the ledger. */
  readonly packetHash: Uint8Array;
  /** Hex. */
  readonly txId: string;
}

/** The changes of one block, in the order of its transactions: of two to one entry, the later stands. */
export interface PlaintextBlock {
  readonly number: bigint;
  readonly changes: readonly PlaintextChange[];
}

/** An entry as it stands. */
export interface PlaintextEntry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly packetHeader: Uint8Array;
  readonly packetHash: Uint8Array;
  readonly txId: string;
  /** The block that wrote it. */
  readonly blockNumber: bigint;
}

/** One node's plaintext datasets of one channel. One process writes at a time. */
export interface PlaintextStore {
  /**
   * Applies one block's changes and moves the checkpoint, atomically and durably; a block at or below the checkpoint
   * changes nothing. The first block of an empty store may have any number. Throws PLAINTEXT_STORE_GAP for a block that
   * does not follow the checkpoint; PLAINTEXT_STORE_UNAVAILABLE when the database does not answer: the caller repeats
   * the call, whose block may or may not have been applied; PLAINTEXT_STORE_IN_USE when another process has taken the
   * store over; PLAINTEXT_STORE_REFUSED; MALFORMED_MESSAGE or LIMIT_EXCEEDED for a change that no store could keep.
   */
  apply(block: PlaintextBlock): Promise<void>;
  /** The number of the last block applied; undefined: none yet. Throws as `apply`. */
  checkpoint(): Promise<bigint | undefined>;
  /** Throws as `apply`. */
  get(contract: string, dataset: string, ledgerKey: Uint8Array): Promise<PlaintextEntry | undefined>;
  /** Lets another process write. */
  close(): Promise<void>;
}

/** Whose datasets a store holds: one node's of one channel, under names that last. */
export interface PlaintextOwner {
  readonly channel: string;
  readonly node: string;
  /** SHA-256 of the first profile on the ledger, hex: another chain may have the same names. */
  readonly ledger: string;
}
