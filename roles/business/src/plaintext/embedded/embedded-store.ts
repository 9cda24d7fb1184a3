import { randomUUID } from 'node:crypto';
import { labelledHash } from '@selvedge/crypto';
import { openLedgerStore, type LedgerDatabase } from '@selvedge/embedded-ledger';
import { isNewBlock, lastChanges } from '../../domain/plaintext/block-order.js';
import { storeInUse, verifyStoreOwner, type StoredOwner } from '../../domain/plaintext/in-use.js';
import { verifyPlaintextBlock } from '../../domain/plaintext/verify-block.js';
import type { PlaintextOwner, PlaintextStore } from '../plaintext-store.js';
import { decodeEntry, encodeEntry } from './entry-codec.js';
import { isRunning, ownProcess, type WriterProcess } from './writer-process.js';

const OWNER = Buffer.from('owner');
const WRITER = Buffer.from('writer');
const CHECKPOINT = Buffer.from('checkpoint');

/** Who writes, from opening to closing. */
interface Writer extends WriterProcess {
  readonly token: string;
}

/**
 * Opens a store in a folder of its own, made when missing. Tables: `plaintext-entries`, digest of contract and dataset ||
 * ledger key -> entry; `plaintext-meta`, owner, writer and checkpoint. Throws PLAINTEXT_STORE_IN_USE when another node's
 * datasets are there, or another process that runs has it open; PLAINTEXT_STORE_FOREIGN when they are of another ledger.
 */
export async function openEmbeddedPlaintextStore(directory: string, owner: PlaintextOwner): Promise<PlaintextStore> {
  const store = openLedgerStore({ directory });
  const entries = store.database('plaintext-entries');
  const meta = store.database('plaintext-meta');
  const writer: Writer = { ...ownProcess(), token: randomUUID() };
  const readOwner = (): StoredOwner | undefined => readRecord<StoredOwner>(meta, OWNER);
  const readWriter = (): Writer | undefined => readRecord<Writer>(meta, WRITER);
  const readCheckpoint = (): bigint | undefined => readNumber(meta, CHECKPOINT);
  try {
    await store.write(() => {
      verifyStoreOwner(readOwner(), owner);
      const other = readWriter();
      if (other !== undefined && isRunning(other)) throw storeInUse(readOwner(), `process ${String(other.pid)}`);
      meta.put(OWNER, encodeRecord(owner));
      meta.put(WRITER, encodeRecord(writer));
    });
  } catch (error) {
    await store.close();
    throw error;
  }
  return {
    apply: async (block) => {
      verifyPlaintextBlock(block);
      await store.write(() => {
        // A process in another container cannot see this one, and takes over: then it goes on alone.
        if (readWriter()?.token !== writer.token) throw storeInUse(readOwner(), `process ${String(readWriter()?.pid)}`);
        if (!isNewBlock(block.number, readCheckpoint())) return;
        for (const change of lastChanges(block.changes)) {
          const key = entryKey(change.contract, change.dataset, change.ledgerKey);
          if (change.value === undefined) entries.remove(key);
          else entries.put(key, encodeEntry(change, change.value, block.number));
        }
        meta.put(CHECKPOINT, encodeNumber(block.number));
      });
    },
    checkpoint: () => Promise.resolve(readCheckpoint()),
    get: (contract, dataset, ledgerKey) => {
      const record = entries.get(entryKey(contract, dataset, ledgerKey));
      return Promise.resolve(record === undefined ? undefined : decodeEntry(record));
    },
    close: async () => {
      await store.write(() => {
        if (readWriter()?.token === writer.token) meta.remove(WRITER);
      });
      await store.close();
    },
  };
}

function entryKey(contract: string, dataset: string, ledgerKey: Uint8Array): Buffer {
  return Buffer.concat([labelledHash('plaintext dataset', contract, dataset), ledgerKey]);
}

function encodeNumber(number: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(number);
  return bytes;
}

function readNumber(table: LedgerDatabase, key: Uint8Array): bigint | undefined {
  const bytes = table.get(key);
  return bytes === undefined ? undefined : Buffer.from(bytes).readBigUInt64BE();
}

function encodeRecord(record: object): Buffer {
  return Buffer.from(JSON.stringify(record));
}

function readRecord<T>(table: LedgerDatabase, key: Uint8Array): T | undefined {
  const bytes = table.get(key);
  return bytes === undefined ? undefined : (JSON.parse(Buffer.from(bytes).toString('utf8')) as T);
}
