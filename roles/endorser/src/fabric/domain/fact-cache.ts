/** A fact's value and its SHA-256. */
export interface KnownFact {
  readonly hash: Uint8Array;
  readonly value: Uint8Array;
}

/** The last value of each fact, as far as there is room. */
export interface FactCache {
  get(key: string): KnownFact | undefined;
  /** Keeps a value and gives back its one array. */
  put(key: string, fact: KnownFact): Uint8Array;
}

/** @param maxBytes of all values together; the oldest go first */
export function createFactCache(maxBytes: number): FactCache {
  const entries = new Map<string, KnownFact>();
  let bytes = 0;
  const drop = (key: string): void => {
    bytes -= entries.get(key)?.value.length ?? 0;
    entries.delete(key);
  };
  return {
    get: (key) => entries.get(key),
    put(key, fact) {
      // Two transactions may have fetched the same value at once.
      const present = entries.get(key);
      if (present !== undefined && Buffer.from(present.hash).equals(fact.hash)) return present.value;
      drop(key);
      entries.set(key, fact);
      bytes += fact.value.length;
      for (const oldest of entries.keys()) {
        if (bytes <= maxBytes) break;
        drop(oldest);
      }
      return fact.value;
    },
  };
}
