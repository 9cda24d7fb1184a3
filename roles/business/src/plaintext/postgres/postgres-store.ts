import pg from 'pg';
import { SelvedgeError } from '@selvedge/errors';
import { isNewBlock, lastChanges } from '../../domain/plaintext/block-order.js';
import { verifySchemaName } from '../../domain/plaintext/postgres-place.js';
import { verifyPlaintextBlock } from '../../domain/plaintext/verify-block.js';
import type { PlaintextBlock, PlaintextChange, PlaintextEntry, PlaintextOwner, PlaintextStore } from '../plaintext-store.js';
import { connectionSettings, type PostgresConnection } from './connection-settings.js';
import { databaseRefusal, isSessionAlive } from './refusals.js';
import { createTable, findTable, qualified } from './tables.js';
import { writeChanges } from './write-changes.js';
import { endSession, inTransaction, openWriterSession, type WriterSession } from './writer-session.js';

/** Where a store is in PostgreSQL. */
export interface PostgresStoreOptions extends PostgresConnection {
  /** Of this node and channel alone; made when missing. */
  readonly schema: string;
  /** How long opening waits for another writer to go. */
  readonly lockWaitMs: number;
}

const READ_CONNECTIONS = 4;
/** Of one read, and of waiting for a connection: those who ask have gone elsewhere by then. */
const READ_TIMEOUT_MS = 4_000;

interface EntryRow {
  readonly key_bytes: Buffer;
  readonly value_bytes: Buffer;
  readonly packet_header: Buffer;
  readonly packet_hash: Buffer;
  readonly tx_id: string;
  readonly block_number: string;
}

/**
 * Opens a store in a schema of PostgreSQL (13 or later). One table per dataset, readable with plain SQL; blocks are applied
 * in one transaction each. A lost connection is opened again, and the lock taken again, by the next call. Throws
 * INVALID_CONFIGURATION, PLAINTEXT_STORE_IN_USE, PLAINTEXT_STORE_UNAVAILABLE or PLAINTEXT_STORE_REFUSED.
 */
export async function openPostgresPlaintextStore({ schema, lockWaitMs, ...connection }: PostgresStoreOptions, owner: PlaintextOwner): Promise<PlaintextStore> {
  verifySchemaName(schema);
  const settings = { client: connectionSettings(connection, `selvedge ${owner.node}`), schema, owner, lockWaitMs };
  const readers = new pg.Pool({ ...settings.client, connectionTimeoutMillis: READ_TIMEOUT_MS, query_timeout: READ_TIMEOUT_MS, max: READ_CONNECTIONS, allowExitOnIdle: true });
  // The next read opens another connection, or tells.
  readers.on('error', () => undefined);
  const checkpoints = qualified(schema, 'checkpoints');
  /** Tables by contract and dataset, of committed transactions alone. */
  const tables = new Map<string, string>();
  let session: WriterSession | undefined = await openWriterSession(settings, undefined);
  let previous = session.id;
  let writing: Promise<void> = Promise.resolve();
  let isClosed = false;

  const dropSession = async (): Promise<void> => {
    const dropped = session;
    session = undefined;
    tables.clear();
    if (dropped !== undefined) await endSession(dropped.client);
  };
  const openSession = async (): Promise<WriterSession> => {
    if (isClosed) throw new SelvedgeError('PLAINTEXT_STORE_UNAVAILABLE', 'the store of plaintext datasets is closed');
    if (session?.isLost() === true) await dropSession();
    session ??= await openWriterSession(settings, previous);
    previous = session.id;
    return session;
  };
  const readCheckpoint = async (client: Pick<pg.ClientBase, 'query'>, lock = ''): Promise<bigint | undefined> => {
    const { rows } = await client.query<{ block_number: string | null }>(`SELECT block_number FROM ${checkpoints} WHERE channel = $1 AND node = $2 ${lock}`, [owner.channel, owner.node]);
    if (rows[0] === undefined) throw new SelvedgeError('PLAINTEXT_STORE_REFUSED', `the schema ${schema} has lost its checkpoint: drop it, and start the node again to have it filled anew`);
    return rows[0].block_number === null ? undefined : BigInt(rows[0].block_number);
  };
  const applyInTransaction = async (client: pg.Client, { number, changes }: PlaintextBlock): Promise<Map<string, string>> => {
    const used = new Map<string, string>();
    if (!isNewBlock(number, await readCheckpoint(client, 'FOR UPDATE'))) return used;
    for (const [id, ofDataset] of byDataset(lastChanges(changes))) {
      const { contract, dataset } = ofDataset[0] as PlaintextChange;
      const name = tables.get(id) ?? (await findTable(client, schema, contract, dataset)) ?? (await createTable(client, schema, contract, dataset));
      used.set(id, name);
      await writeChanges(client, schema, name, ofDataset, number);
    }
    await client.query(`UPDATE ${checkpoints} SET block_number = $3 WHERE channel = $1 AND node = $2`, [owner.channel, owner.node, number.toString()]);
    return used;
  };
  const applyOne = async (block: PlaintextBlock): Promise<void> => {
    try {
      const { client } = await openSession();
      const used = await inTransaction(client, () => applyInTransaction(client, block));
      for (const [id, name] of used) tables.set(id, name);
    } catch (error) {
      tables.clear();
      if (!isSessionAlive(error)) await dropSession();
      throw databaseRefusal(error);
    }
  };
  const read = async <T>(query: () => Promise<T>): Promise<T> => {
    try {
      return await query();
    } catch (error) {
      throw databaseRefusal(error);
    }
  };

  return {
    apply: async (block) => {
      verifyPlaintextBlock(block);
      const applied = writing.then(() => applyOne(block));
      writing = applied.catch(() => undefined);
      await applied;
    },
    checkpoint: () => read(() => readCheckpoint(readers)),
    get: (contract, dataset, ledgerKey) =>
      read(async () => {
        const name = tables.get(datasetId(contract, dataset)) ?? (await findTable(readers, schema, contract, dataset));
        if (name === undefined) return undefined;
        const { rows } = await readers.query<EntryRow>(
          `SELECT key_bytes, value_bytes, packet_header, packet_hash, tx_id, block_number FROM ${qualified(schema, name)} WHERE ledger_key = $1`,
          [Buffer.from(ledgerKey)],
        );
        return rows[0] && toEntry(rows[0]);
      }),
    close: async () => {
      isClosed = true;
      await writing;
      await Promise.all([dropSession(), readers.end()]);
    },
  };
}

function byDataset(changes: readonly PlaintextChange[]): Map<string, PlaintextChange[]> {
  const groups = new Map<string, PlaintextChange[]>();
  for (const change of changes) {
    const id = datasetId(change.contract, change.dataset);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [change]);
    else group.push(change);
  }
  return groups;
}

function datasetId(contract: string, dataset: string): string {
  return JSON.stringify([contract, dataset]);
}

function toEntry(row: EntryRow): PlaintextEntry {
  return {
    key: row.key_bytes.toString('utf8'),
    value: Uint8Array.from(row.value_bytes),
    packetHeader: Uint8Array.from(row.packet_header),
    packetHash: Uint8Array.from(row.packet_hash),
    txId: row.tx_id,
    blockNumber: BigInt(row.block_number),
  };
}
