import { factHash, type FactReader } from '@selvedge/policy';
import { compareText } from '@selvedge/protocol';

/** A fact as an endorsement rests on it. */
export interface RecordedFact {
  readonly key: string;
  /** SHA-256 of the value; empty: read as absent. */
  readonly hash: Uint8Array;
}

/** A reader that remembers what was read. */
export interface FactRecorder extends FactReader {
  /** Sorted by key, unique. */
  recorded(): RecordedFact[];
}

/**
 * Remembers each fact that a check reads, absent ones too, so that an endorsement names everything that it rests on:
 * a check cannot read a fact and leave it out.
 */
export function createFactRecorder(reader: FactReader): FactRecorder {
  const values = new Map<string, Uint8Array | undefined>();
  return {
    fact: (key) => {
      if (!values.has(key)) values.set(key, reader.fact(key));
      return values.get(key);
    },
    recorded: () => [...values].map(([key, value]) => ({ key, hash: factHash(value) })).sort((a, b) => compareText(a.key, b.key)),
  };
}
