import { openPlaintextStore, type PlaintextEntry, type PlaintextPlace } from '@selvedge/business';
import { startTestPostgres, type TestPostgres } from '@selvedge/fixtures/postgres';
import pg from 'pg';
import { entryId } from './model.js';
import { OWNER, type PlaintextPlaceUnderTest, type PlaintextStoreUnderTest } from './ports.js';

/** Stores in schemas of one server. */
export async function createPostgresPlaintextStore(): Promise<PlaintextStoreUnderTest> {
  const server = await startTestPostgres();
  let serial = 0;
  return {
    // A name that breaks whatever does not quote it.
    createPlace: () => Promise.resolve(postgresPlace(server, `Store "${String((serial += 1))}"; it's`)),
    close: () => server.close(),
  };
}

export function postgresPlace(server: TestPostgres, schema: string): PlaintextPlaceUnderTest {
  const place: PlaintextPlace = { kind: 'postgresql', url: server.url, password: server.password, schema, lockWaitMs: 500 };
  return {
    open: (owner = OWNER) => openPlaintextStore({ ...owner, place }),
    contents: async () => {
      const entries = new Map<string, PlaintextEntry>();
      const quoted = pg.escapeIdentifier(schema);
      const datasets = await server.query<{ contract: string; dataset: string; table_name: string }>(`SELECT * FROM ${quoted}.datasets`);
      for (const { contract, dataset, table_name } of datasets) {
        const rows = await server.query<Row>(`SELECT * FROM ${quoted}.${pg.escapeIdentifier(table_name)}`);
        for (const row of rows) entries.set(entryId(contract, dataset, row.ledger_key), toEntry(row));
      }
      return entries;
    },
  };
}

interface Row {
  readonly ledger_key: Buffer;
  readonly key_bytes: Buffer;
  readonly value_bytes: Buffer;
  readonly packet_header: Buffer;
  readonly packet_hash: Buffer;
  readonly tx_id: string;
  readonly block_number: string;
}

function toEntry(row: Row): PlaintextEntry {
  return { key: row.key_bytes.toString(), value: row.value_bytes, packetHeader: row.packet_header, packetHash: row.packet_hash, txId: row.tx_id, blockNumber: BigInt(row.block_number) };
}
