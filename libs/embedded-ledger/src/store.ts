/** Part of a table: start <= key < end, in key order. */
export interface KeyRange {
  readonly start?: Uint8Array;
  readonly end?: Uint8Array;
  readonly limit?: number;
}

/** One named table: raw bytes to raw bytes, keys in byte order, 1 to 1,978 bytes long. */
export interface LedgerDatabase {
  /** A copy that stays valid. */
  get(key: Uint8Array): Uint8Array | undefined;
  has(key: Uint8Array): boolean;
  /** Only inside LedgerStore.write, or an apply hook. */
  put(key: Uint8Array, value: Uint8Array): void;
  /** Only inside LedgerStore.write, or an apply hook. */
  remove(key: Uint8Array): void;
  /** Entries of one snapshot; consume it synchronously. */
  range(range?: KeyRange): Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }>;
  /** The entry with the highest key. */
  last(): { readonly key: Uint8Array; readonly value: Uint8Array } | undefined;
}

/** One LMDB environment: everything written in it together is atomic. */
export interface LedgerStore {
  /** Opens or creates a table; the same name gives the same table. At most 32 tables. */
  database(name: string): LedgerDatabase;
  /** Runs a synchronous action in one write transaction. Resolves after it is synced to disk; when the action throws, nothing is written. */
  write<T>(action: () => T): Promise<T>;
  close(): Promise<void>;
}
