import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { labelledHash } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { storeInUse, verifyStoreOwner, type StoredOwner } from '../../domain/plaintext/in-use.js';
import type { PlaintextOwner } from '../plaintext-store.js';
import { databaseRefusal } from './refusals.js';
import { createTables, qualified } from './tables.js';

/** What a session needs to be the one that writes. */
export interface WriterSettings {
  readonly client: pg.ClientConfig;
  readonly schema: string;
  readonly owner: PlaintextOwner;
  /** How long to wait for the lock, which a killed process's session may hold for a moment longer. */
  readonly lockWaitMs: number;
}

/** The session that holds the schema's lock. All writes go through it: it cannot lose the lock and still write. */
export interface WriterSession {
  readonly client: pg.Client;
  /** Whether the connection was lost. */
  readonly isLost: () => boolean;
  /** How its successor in this process names it. */
  readonly id: SessionId;
}

interface SessionId {
  readonly pid: number;
  readonly startedAt: string;
}

const LOCK_POLL_MS = 50;

/**
 * Connects, takes the schema's lock, and makes what is missing. @param previous this process's session before, which the
 * server may not yet know to be lost: it is ended. Throws PLAINTEXT_STORE_IN_USE, PLAINTEXT_STORE_FOREIGN, PLAINTEXT_STORE_UNAVAILABLE,
 * PLAINTEXT_STORE_REFUSED or INVALID_CONFIGURATION.
 */
export async function openWriterSession(settings: WriterSettings, previous: SessionId | undefined): Promise<WriterSession> {
  const client = new pg.Client(settings.client);
  let isLost = false;
  client.on('error', () => {
    isLost = true;
  });
  client.on('end', () => {
    isLost = true;
  });
  try {
    await client.connect();
    await verifyEncoding(client);
    // An acknowledged block is on disk, whatever the database's default is.
    await client.query("SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'");
    if (previous !== undefined) await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start::text = $2', [previous.pid, previous.startedAt]);
    await lockSchema(client, settings);
    await inTransaction(client, async () => {
      await createTables(client, settings.schema);
      await claim(client, settings);
    });
    const { rows } = await client.query<SessionId>('SELECT pid, backend_start::text AS "startedAt" FROM pg_stat_activity WHERE pid = pg_backend_pid()');
    return { client, isLost: () => isLost, id: rows[0] as SessionId };
  } catch (error) {
    await endSession(client);
    throw databaseRefusal(error);
  }
}

/** Runs statements as one transaction: all of them, or none. */
export async function inTransaction<T>(client: pg.Client, action: () => Promise<T>): Promise<T> {
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE');
  try {
    const result = await action();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** Closes a connection that may be broken. */
export async function endSession(client: pg.Client): Promise<void> {
  await Promise.race([client.end().catch(() => undefined), sleep(1_000, undefined, { ref: false })]);
}

async function verifyEncoding(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ encoding: string }>("SELECT current_setting('server_encoding') AS encoding");
  const encoding = rows[0]?.encoding;
  if (encoding !== 'UTF8') throw new SelvedgeError('INVALID_CONFIGURATION', `the database of plaintext datasets has the encoding ${String(encoding)}; UTF8 is needed`);
}

/** Takes the advisory lock that stands for the schema in this database, for as long as the session lasts. */
async function lockSchema(client: pg.Client, { schema, lockWaitMs }: WriterSettings): Promise<void> {
  const key = labelledHash('plaintext schema lock', schema);
  const number = Buffer.from(key).readBigInt64BE().toString();
  for (let waitedMs = 0; ; waitedMs += LOCK_POLL_MS) {
    const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1::bigint) AS locked', [number]);
    if (rows[0]?.locked === true) return;
    if (waitedMs >= lockWaitMs) throw storeInUse(await readOwner(client, schema), 'a session of the database');
    await sleep(LOCK_POLL_MS);
  }
}

/** Whose datasets the schema has, as far as it is there. */
async function readOwner(client: pg.Client, schema: string): Promise<StoredOwner | undefined> {
  const table = qualified(schema, 'checkpoints');
  const { rows: found } = await client.query<{ table: string | null }>('SELECT to_regclass($1)::text AS table', [table]);
  if (found[0]?.table === null) return undefined;
  // Every column: a schema that was made before ledgers were told apart has none for it.
  const { rows } = await client.query<StoredOwner>(`SELECT * FROM ${table}`);
  return rows[0];
}

async function claim(client: pg.Client, { schema, owner }: WriterSettings): Promise<void> {
  verifyStoreOwner(await readOwner(client, schema), owner);
  await client.query(`INSERT INTO ${qualified(schema, 'checkpoints')} (channel, node, ledger) VALUES ($1, $2, $3) ON CONFLICT (channel, node) DO UPDATE SET ledger = EXCLUDED.ledger`, [owner.channel, owner.node, owner.ledger]);
}
