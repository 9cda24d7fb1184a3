import type { ClientBase } from 'pg';
import pg from 'pg';
import { SelvedgeError } from '@selvedge/errors';
import { tableNames } from '../../domain/plaintext/table-name.js';

/** A name inside a schema, in quotes. */
export function qualified(schema: string, name: string): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
}

/**
 * Makes the schema and its own tables where they are missing. `checkpoints`: whose datasets these are, and the last block
 * applied. `datasets`: which table has which dataset. `as_json`: a value as jsonb; NULL when it is not JSON, is JSON
 * that PostgreSQL cannot hold, such as a string with U+0000, or has a number with an exponent of three digits or more:
 * jsonb writes such a number out, and a few of them would make a row too large to be read.
 */
export async function createTables(client: ClientBase, schema: string): Promise<void> {
  const found = await client.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema]);
  // Not IF NOT EXISTS, which asks for the right to create one even where it is there.
  if (found.rowCount === 0) await client.query(`CREATE SCHEMA ${pg.escapeIdentifier(schema)}`);
  await client.query(`CREATE TABLE IF NOT EXISTS ${qualified(schema, 'checkpoints')} (
    channel text, node text, block_number bigint, ledger text, PRIMARY KEY (channel, node))`);
  // Only where it is missing: IF NOT EXISTS would tell of it at every start.
  const { rowCount } = await client.query('SELECT FROM pg_attribute WHERE attrelid = $1::regclass AND attname = $2', [qualified(schema, 'checkpoints'), 'ledger']);
  if (rowCount === 0) await client.query(`ALTER TABLE ${qualified(schema, 'checkpoints')} ADD COLUMN ledger text`);
  await client.query(`CREATE TABLE IF NOT EXISTS ${qualified(schema, 'datasets')} (
    contract text, dataset text, table_name text NOT NULL UNIQUE, PRIMARY KEY (contract, dataset))`);
  await client.query(`CREATE OR REPLACE FUNCTION ${qualified(schema, 'as_json')}(value bytea) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
    DECLARE
      json pg_catalog.text;
    BEGIN
      json := pg_catalog.convert_from(value, 'UTF8');
      IF json OPERATOR(pg_catalog.~) '[0-9][eE][+-]?[0-9]{3}'
        AND pg_catalog.regexp_replace(json, '"([^"\\\\]|\\\\.)*"', '""', 'g') OPERATOR(pg_catalog.~) '[0-9][eE][+-]?[0-9]{3}' THEN RETURN NULL;
      END IF;
      RETURN json::pg_catalog.jsonb;
    EXCEPTION WHEN OTHERS THEN
      RETURN NULL;
    END $$`);
}

/** The table of a dataset; undefined: it has none yet. */
export async function findTable(client: Pick<ClientBase, 'query'>, schema: string, contract: string, dataset: string): Promise<string | undefined> {
  const { rows } = await client.query<{ table_name: string }>(`SELECT table_name FROM ${qualified(schema, 'datasets')} WHERE contract = $1 AND dataset = $2`, [contract, dataset]);
  return rows[0]?.table_name;
}

/**
 * Makes the table of a dataset, inside the transaction of the block that first writes to it, under a name that is free.
 * The index on keys holds hashes, since PostgreSQL's others hold no key of more than some 2,700 bytes.
 */
export async function createTable(client: ClientBase, schema: string, contract: string, dataset: string): Promise<string> {
  const names = tableNames(contract, dataset);
  const { rows } = await client.query<{ relname: string }>('SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = $1 AND relname = ANY ($2::text[])', [schema, names]);
  const name = names.find((candidate) => !rows.some(({ relname }) => relname === candidate));
  if (name === undefined) throw new SelvedgeError('PLAINTEXT_STORE_REFUSED', `the schema of plaintext datasets already has something named ${String(names.at(-1))}, which no dataset owns`);
  const table = qualified(schema, name);
  await client.query(`CREATE TABLE ${table} (
    key text NOT NULL, key_parts text[], value jsonb, value_bytes bytea NOT NULL, key_bytes bytea NOT NULL, block_number bigint NOT NULL,
    tx_id text NOT NULL, ledger_key bytea PRIMARY KEY, packet_hash bytea NOT NULL, packet_header bytea NOT NULL)`);
  await client.query(`CREATE INDEX ON ${table} USING hash (key)`);
  await client.query(`INSERT INTO ${qualified(schema, 'datasets')} (contract, dataset, table_name) VALUES ($1, $2, $3)`, [contract, dataset, name]);
  return name;
}
