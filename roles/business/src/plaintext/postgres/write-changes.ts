import type { ClientBase } from 'pg';
import { readableKey } from '../../domain/plaintext/readable-key.js';
import type { PlaintextChange } from '../plaintext-store.js';
import { qualified } from './tables.js';

/** What one statement takes along. */
const MAX_CHUNK_ROWS = 1_000;
const MAX_CHUNK_BYTES = 4 * 1024 * 1024;

/** Writes changes to one table, of which no two concern one entry. */
export async function writeChanges(client: ClientBase, schema: string, name: string, changes: readonly PlaintextChange[], blockNumber: bigint): Promise<void> {
  const table = qualified(schema, name);
  const deleted = changes.filter(({ value }) => value === undefined).map(({ ledgerKey }) => Buffer.from(ledgerKey));
  if (deleted.length > 0) await client.query(`DELETE FROM ${table} WHERE ledger_key = ANY ($1::bytea[])`, [deleted]);
  const puts = changes.flatMap((change) => (change.value === undefined ? [] : [toRow(change, change.value)]));
  for (const rows of chunks(puts)) {
    const column = <K extends keyof Row>(field: K): Row[K][] => rows.map((row) => row[field]);
    await client.query(
      `INSERT INTO ${table} (key, key_parts, value, value_bytes, key_bytes, block_number, tx_id, ledger_key, packet_hash, packet_header)
       SELECT key, key_parts::text[], ${qualified(schema, 'as_json')}(value), value, key_bytes, $1::bigint, tx_id, ledger_key, packet_hash, packet_header
       FROM unnest($2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::text[], $7::bytea[], $8::bytea[], $9::bytea[])
         AS change (key, key_parts, value, key_bytes, tx_id, ledger_key, packet_hash, packet_header)
       ON CONFLICT (ledger_key) DO UPDATE SET (key, key_parts, value, value_bytes, key_bytes, block_number, tx_id, packet_hash, packet_header) =
         (EXCLUDED.key, EXCLUDED.key_parts, EXCLUDED.value, EXCLUDED.value_bytes, EXCLUDED.key_bytes, EXCLUDED.block_number, EXCLUDED.tx_id, EXCLUDED.packet_hash, EXCLUDED.packet_header)`,
      [blockNumber.toString(), column('key'), column('keyParts'), column('value'), column('keyBytes'), column('txId'), column('ledgerKey'), column('packetHash'), column('packetHeader')],
    );
  }
}

interface Row {
  readonly key: string;
  readonly keyParts: string | null;
  readonly value: Buffer;
  readonly keyBytes: Buffer;
  readonly txId: string;
  readonly ledgerKey: Buffer;
  readonly packetHash: Buffer;
  readonly packetHeader: Buffer;
}

function toRow({ key, txId, ledgerKey, packetHash, packetHeader }: PlaintextChange, value: Uint8Array): Row {
  const { text, parts } = readableKey(key);
  return {
    key: text,
    keyParts: parts === undefined ? null : arrayLiteral(parts),
    value: Buffer.from(value),
    keyBytes: Buffer.from(key, 'utf8'),
    txId,
    ledgerKey: Buffer.from(ledgerKey),
    packetHash: Buffer.from(packetHash),
    packetHeader: Buffer.from(packetHeader),
  };
}

/** PostgreSQL's input form of text[]: arrays of arrays of different lengths cannot be sent as such. */
function arrayLiteral(parts: readonly string[]): string {
  return `{${parts.map((part) => `"${part.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

function* chunks(rows: readonly Row[]): Iterable<readonly Row[]> {
  let chunk: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = row.value.length + 3 * row.keyBytes.length + row.packetHeader.length;
    if (chunk.length > 0 && (chunk.length === MAX_CHUNK_ROWS || bytes + size > MAX_CHUNK_BYTES)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(row);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}
