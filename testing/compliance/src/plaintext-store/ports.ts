import type { PlaintextEntry, PlaintextOwner, PlaintextStore } from '@selvedge/business';

/** A place for one store, empty at first. */
export interface PlaintextPlaceUnderTest {
  /** Opens the store there; default: a node of these tests. */
  open(owner?: PlaintextOwner): Promise<PlaintextStore>;
  /** Everything that is there, read past the store, by `entryId`. */
  contents(): Promise<Map<string, PlaintextEntry>>;
}

/** An adapter: gives another empty place at each call. */
export interface PlaintextStoreUnderTest {
  createPlace(): Promise<PlaintextPlaceUnderTest>;
  close(): Promise<void>;
}

export const OWNER: PlaintextOwner = { channel: 'gemstones', node: 'AuroraMSP/node-1', ledger: 'ab'.repeat(32) };
