import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openPlaintextStore, type PlaintextEntry } from '@selvedge/business';
import { toHex } from '@selvedge/crypto';
import { openLedgerStore } from '@selvedge/embedded-ledger';
import { OWNER, type PlaintextPlaceUnderTest, type PlaintextStoreUnderTest } from './ports.js';

/** Stores in folders of one that is removed at the end. */
export function createEmbeddedPlaintextStore(): PlaintextStoreUnderTest {
  const directory = mkdtempSync(path.join(tmpdir(), 'selvedge-plaintext-'));
  return {
    createPlace: () => Promise.resolve(embeddedPlace(mkdtempSync(path.join(directory, 'store-')))),
    close: () => {
      rmSync(directory, { recursive: true });
      return Promise.resolve();
    },
  };
}

export function embeddedPlace(directory: string): PlaintextPlaceUnderTest {
  return {
    open: (owner = OWNER) => openPlaintextStore({ ...owner, place: { kind: 'embedded', directory } }),
    contents: async () => {
      const store = openLedgerStore({ directory });
      const entries = new Map<string, PlaintextEntry>();
      for (const { key, value } of store.database('plaintext-entries').range()) entries.set(toHex(key), readEntry(Buffer.from(value)));
      await store.close();
      return entries;
    },
  };
}

function readEntry(record: Buffer): PlaintextEntry {
  let offset = 0;
  const next = (): Buffer => {
    const start = offset + 4;
    offset = start + record.readUInt32BE(offset);
    return record.subarray(start, offset);
  };
  return { key: next().toString(), value: next(), packetHeader: next(), packetHash: next(), txId: toHex(next()), blockNumber: next().readBigUInt64BE() };
}
