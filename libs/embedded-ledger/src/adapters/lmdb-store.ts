import { mkdirSync } from 'node:fs';
import { open, type Database } from 'lmdb';
import { SelvedgeError } from '@selvedge/errors';
import type { KeyRange, LedgerDatabase, LedgerStore } from '../store.js';

const MAX_DATABASES = 32;
const RAW = { encoding: 'binary', keyEncoding: 'binary' } as const;

/** Opens or creates an LMDB environment in a directory (made when missing, for its owner alone). */
export function openLedgerStore({ directory }: { readonly directory: string }): LedgerStore {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // Without overlapping sync LMDB syncs the data pages, then the meta page, and only then is a commit visible and its
  // promise resolved: what was read or acknowledged is on disk.
  const root = open<Buffer, Buffer>({ path: directory, noSubdir: false, overlappingSync: false, maxDbs: MAX_DATABASES, ...RAW });
  const tables = new Map<string, LedgerDatabase>();
  let writing = false;
  const requireWriting = (): void => {
    if (!writing) throw new SelvedgeError('INTERNAL', 'a write outside of a write transaction');
  };
  return {
    database: (name) => {
      const known = tables.get(name);
      if (known !== undefined) return known;
      const table = createTable(root.openDB<Buffer, Buffer>({ name, ...RAW }), requireWriting);
      tables.set(name, table);
      return table;
    },
    // A child transaction, because a plain one keeps what was written before its action threw.
    write: (action) =>
      root.childTransaction(() => {
        writing = true;
        try {
          return action();
        } finally {
          writing = false;
        }
      }),
    close: () => root.close(),
  };
}

function createTable(database: Database<Buffer, Buffer>, requireWriting: () => void): LedgerDatabase {
  return {
    get: (key) => database.get(asBuffer(key)),
    has: (key) => database.doesExist(asBuffer(key)),
    put: (key, value) => {
      requireWriting();
      database.putSync(asBuffer(key), asBuffer(value));
    },
    remove: (key) => {
      requireWriting();
      database.removeSync(asBuffer(key));
    },
    range: ({ start, end, limit }: KeyRange = {}) =>
      database.getRange({
        ...(start === undefined ? {} : { start: asBuffer(start) }),
        ...(end === undefined ? {} : { end: asBuffer(end) }),
        ...(limit === undefined ? {} : { limit }),
      }),
    last: () => {
      for (const entry of database.getRange({ reverse: true, limit: 1 })) return entry;
      return undefined;
    },
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
