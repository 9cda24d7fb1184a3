import { sha256, toHex } from '@selvedge/crypto';
import type { SetDigestStatement } from '@selvedge/protocol';
import type { TaggedEntry } from '@selvedge/set-digest';

/** A set as it was read, under one value of its guard. */
export interface ReadSet {
  /** Names set and profile. */
  readonly id: string;
  /** The whole dataset, not one tag. */
  readonly isDataset: boolean;
  readonly guardTxId: Uint8Array;
  /** In ledger key order. */
  readonly entries: readonly TaggedEntry[];
}

/** Sets that a quorum has confirmed, by the value of their guard. */
export interface ConfirmedSets {
  /** The statements with which this very set was confirmed; undefined: it was not, or something else was. */
  statements(set: ReadSet): readonly SetDigestStatement[] | undefined;
  remember(set: ReadSet, statements: readonly SetDigestStatement[]): void;
}

/**
 * Remembers what was confirmed. A membership guard stands for which keys there are, so these are compared: that they
 * have their newest values the read set shows. A content guard stands for the values too, which a query may have passed
 * over without reading them into its read set, so they are compared as well.
 */
export function createConfirmedSets(maxSets: number): ConfirmedSets {
  const known = new Map<string, { readonly content: string; readonly statements: readonly SetDigestStatement[] }>();
  const keyOf = ({ id, guardTxId }: ReadSet): string => `${id} ${toHex(guardTxId)}`;
  return {
    statements(set) {
      const found = known.get(keyOf(set));
      return found?.content === contentOf(set) ? found.statements : undefined;
    },
    remember(set, statements) {
      const key = keyOf(set);
      known.delete(key);
      known.set(key, { content: contentOf(set), statements });
      const [oldest] = known.keys();
      if (known.size > maxSets && oldest !== undefined) known.delete(oldest);
    },
  };
}

/** All parts are of 32 bytes, so none can be taken for another. */
function contentOf({ isDataset, entries }: ReadSet): string {
  return toHex(sha256(...entries.flatMap(({ ledgerKey, packetHash }) => (isDataset ? [ledgerKey, packetHash] : [ledgerKey]))));
}
