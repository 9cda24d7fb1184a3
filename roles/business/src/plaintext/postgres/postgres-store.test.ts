import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { labelledHash } from '@selvedge/crypto';
import { refusalCodeOf } from '@selvedge/fixtures';
import { startTestPostgres, type TestPostgres } from '@selvedge/fixtures/postgres';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openPlaintextStore, type PlaintextPlace } from '../open-plaintext-store.js';
import type { PlaintextChange, PlaintextStore } from '../plaintext-store.js';

const SESSIONS = `SELECT pid, application_name FROM pg_stat_activity WHERE application_name LIKE 'selvedge %'`;
const LEDGER = 'ab'.repeat(32);

describe('PostgreSQL', { timeout: 60_000 }, () => {
  let server: TestPostgres;
  let schema: string;
  let serial = 0;
  beforeAll(async () => {
    server = await startTestPostgres();
  });
  afterAll(() => server.close());
  beforeEach(() => {
    schema = `plain_${String((serial += 1))}`;
  });

  const open = (change: Partial<Extract<PlaintextPlace, { kind: 'postgresql' }>> = {}, node = 'AuroraMSP'): Promise<PlaintextStore> =>
    openPlaintextStore({ channel: 'gemstones', node, ledger: LEDGER, place: { kind: 'postgresql', url: server.url, password: server.password, schema, lockWaitMs: 300, ...change } });
  const withStore = async (use: (store: PlaintextStore) => Promise<void>): Promise<void> => {
    const store = await open();
    try {
      await use(store);
    } finally {
      await store.close();
    }
  };
  const put = (key: string, value: string | Uint8Array | undefined, dataset = 'auroraStones', contract = 'secured-trade'): PlaintextChange => ({
    contract,
    dataset,
    ledgerKey: labelledHash('test', contract, dataset, key),
    key,
    value: typeof value === 'string' ? Buffer.from(value) : value,
    packetHeader: Buffer.of(1),
    packetHash: labelledHash('test packet', key),
    txId: 'ab'.repeat(32),
  });

  it('shows a dataset as a table that plain SQL reads, with JSON as jsonb', async () => {
    await withStore(async (store) => {
      await store.apply({ number: 3n, changes: [put('stone-1', '{"carat":3,"owner":"Aurora"}'), put('stone-2', '{"carat":5}'), put('\0offer\0stone-2\0{"x"}\0', 'a price'), put('n', '7')] });
      const rows = await server.query(`SELECT key, value->>'owner' AS owner, block_number FROM ${schema}.secured_trade__aurora_stones WHERE (value->>'carat')::int > 2 ORDER BY key`);
      expect(rows).toEqual([{ key: 'stone-1', owner: 'Aurora', block_number: '3' }, { key: 'stone-2', owner: null, block_number: '3' }]);
      const offers = await server.query(`SELECT key, key_parts, value, convert_from(value_bytes, 'UTF8') AS text FROM ${schema}.secured_trade__aurora_stones WHERE key_parts[1] = 'offer'`);
      expect(offers).toEqual([{ key: '␀offer␀stone-2␀{"x"}␀', key_parts: ['offer', 'stone-2', '{"x"}'], value: null, text: 'a price' }]);
      expect(await server.query(`SELECT * FROM ${schema}.datasets`)).toEqual([{ contract: 'secured-trade', dataset: 'auroraStones', table_name: 'secured_trade__aurora_stones' }]);
      expect(await server.query(`SELECT * FROM ${schema}.checkpoints`)).toEqual([{ channel: 'gemstones', node: 'AuroraMSP', block_number: '3', ledger: LEDGER }]);
    });
  });

  it('keeps values that are no JSON for PostgreSQL, and shows them as none', async () => {
    const values = ['{"a":"\\u0000"}', '"\\ud800"', '1e400000', '[1', '', '{"a":1} x', `${'['.repeat(50_000)}${']'.repeat(50_000)}`, Uint8Array.of(0x22, 0xff, 0x22)];
    await withStore(async (store) => {
      await store.apply({ number: 0n, changes: values.map((value, i) => put(String(i), value)) });
      expect(await server.query(`SELECT count(*)::int, count(value)::int AS json FROM ${schema}.secured_trade__aurora_stones`)).toEqual([{ count: values.length, json: 0 }]);
    });
  });

  it('keeps no number as JSON that jsonb would write out at length, and every other', async () => {
    const bombs = ['1e131000', '[1, -2.5E+100]', '{"a":"\\"","b":1e-400}', `[${Array(20_000).fill('1e131000').join(',')}]`];
    const plain = ['1e99', '-1.5E-12', '"1e131000"', '{"7e500":"0e1234","hash":"3e45671e234\\"1e500\\\\"}', '12345678901234567890'];
    await withStore(async (store) => {
      await store.apply({ number: 0n, changes: [...bombs, ...plain].map((value, i) => put(String(i), value)) });
      const rows = await server.query<{ key: string; text: string }>(`SELECT key, value::text AS text, length(value_bytes) FROM ${schema}.secured_trade__aurora_stones WHERE value IS NOT NULL ORDER BY key`);
      expect(rows.map(({ key }) => Number(key))).toEqual(plain.map((_value, i) => bombs.length + i));
      expect(rows.find(({ key }) => Number(key) === bombs.length + 2)!.text).toBe('"1e131000"');
    });
  });

  it('takes a schema from before ledgers were told apart for its own', async () => {
    await withStore((store) => store.apply({ number: 4n, changes: [put('a', '1')] }));
    await server.query(`ALTER TABLE ${schema}.checkpoints DROP COLUMN ledger`);
    await withStore(async (store) => {
      expect(await store.checkpoint()).toBe(4n);
    });
    expect(await server.query(`SELECT ledger FROM ${schema}.checkpoints`)).toEqual([{ ledger: LEDGER }]);
  });

  it('keeps no read waiting for a database that hangs', async () => {
    await withStore(async (store) => {
      const change = put('a', '1');
      await store.apply({ number: 0n, changes: [change] });
      const address = new URL(server.url);
      address.password = server.password;
      const blocker = new pg.Client({ connectionString: address.href });
      await blocker.connect();
      await blocker.query(`BEGIN; LOCK TABLE ${schema}.secured_trade__aurora_stones IN ACCESS EXCLUSIVE MODE`);
      const began = performance.now();
      const reads = await Promise.all(Array.from({ length: 9 }, () => refusalCodeOf(store.get('secured-trade', 'auroraStones', change.ledgerKey))));
      expect(reads).toEqual(Array(9).fill('PLAINTEXT_STORE_UNAVAILABLE'));
      expect(performance.now() - began).toBeLessThan(9_000);
      await blocker.query('ROLLBACK');
      await blocker.end();
      expect(await store.get('secured-trade', 'auroraStones', change.ledgerKey)).toBeDefined();
    });
  });

  it('gives datasets whose tables would have one name tables of their own, and spares what others put there', async () => {
    await withStore(async (store) => {
      await server.query(`CREATE VIEW ${schema}.deals__offers AS SELECT 1 AS mine`);
      await store.apply({ number: 0n, changes: [put('a', '1', 'x', 'a-b'), put('a', '2', 'x', 'a_b'), put('a', '3', 'offers', 'deals'), put('a', '4', 'y'.repeat(300)), put('a', '5', `${'y'.repeat(300)}z`)] });
      const names = await server.query<{ table_name: string }>(`SELECT table_name FROM ${schema}.datasets ORDER BY table_name`);
      expect(names.map(({ table_name }) => table_name)).toEqual([
        'a_b__x',
        expect.stringMatching(/^a_b__x_[0-9a-f]{8}$/),
        expect.stringMatching(/^deals__offers_[0-9a-f]{8}$/),
        expect.stringMatching(/^secured_trade__y{39}_[0-9a-f]{8}$/),
        expect.stringMatching(/^secured_trade__y{39}_[0-9a-f]{8}$/),
      ]);
      expect(await server.query(`SELECT mine FROM ${schema}.deals__offers`)).toEqual([{ mine: 1 }]);
    });
  });

  it('lets a role read that was given the right to as the documentation says, new datasets included, and no more', async () => {
    schema = 'selvedge';
    const page = readFileSync(new URL('../../../../../docs/plaintext-store.md', import.meta.url), 'utf8');
    const grants = /<!-- test: grants -->\n```sql\n([^`]+)```/.exec(page)?.[1];
    await withStore(async (store) => {
      await store.apply({ number: 0n, changes: [put('a', '1')] });
      await server.query(`CREATE ROLE reports LOGIN PASSWORD 'reports'`);
      await server.query(String(grants));
      await store.apply({ number: 1n, changes: [put('a', '2', 'later')] });
      const client = new pg.Client({ host: '127.0.0.1', port: server.port, user: 'reports', password: 'reports', database: 'postgres' });
      await client.connect();
      expect((await client.query(`SELECT value FROM ${schema}.secured_trade__later`)).rows).toEqual([{ value: 2 }]);
      await expect(client.query(`DELETE FROM ${schema}.secured_trade__later`)).rejects.toMatchObject({ code: '42501' });
      await client.end();
      // Such a role is refused as a writer, by PostgreSQL and by name.
      await expect(open({ url: `postgresql://reports@127.0.0.1:${String(server.port)}/postgres`, password: 'reports', schema: 'another' })).rejects.toMatchObject({ code: 'PLAINTEXT_STORE_REFUSED', message: expect.stringContaining('permission denied') as string });
    });
  });

  it('writes as a role that may create nothing but tables in a schema made for it', async () => {
    await server.query(`CREATE ROLE node_writer LOGIN PASSWORD 'writer'; CREATE SCHEMA ${schema} AUTHORIZATION node_writer`);
    const store = await open({ url: `postgresql://node_writer@127.0.0.1:${String(server.port)}/postgres`, password: 'writer' });
    await store.apply({ number: 0n, changes: [put('a', '1')] });
    await store.close();
    expect(await server.query(`SELECT value FROM ${schema}.secured_trade__aurora_stones`)).toEqual([{ value: 1 }]);
  });

  it('says that it cannot be reached, and goes on when it can', async () => {
    await withStore(async (store) => {
      await store.apply({ number: 0n, changes: [put('a', '1')] });
      let next = 1n;
      try {
        await server.kill();
        // What the server had started lives on for a moment, and may still take a block.
        const applyNext = async (): Promise<string | undefined> => {
          const code = await refusalCodeOf(store.apply({ number: next, changes: [put('a', '2')] }));
          if (code === undefined) next += 1n;
          return code;
        };
        await expect.poll(applyNext, { timeout: 10_000 }).toBe('PLAINTEXT_STORE_UNAVAILABLE');
        await expect.poll(() => refusalCodeOf(store.checkpoint()), { timeout: 10_000 }).toBe('PLAINTEXT_STORE_UNAVAILABLE');
        expect(await refusalCodeOf(store.get('secured-trade', 'auroraStones', put('a', '').ledgerKey))).toBe('PLAINTEXT_STORE_UNAVAILABLE');
        expect(await refusalCodeOf(open())).toBe('PLAINTEXT_STORE_UNAVAILABLE');
      } finally {
        await server.start();
      }
      await store.apply({ number: next, changes: [put('a', '3')] });
      expect(await store.checkpoint()).toBe(next);
    });
  });

  it('takes the lock of a session that was lost back, and lets no other in meanwhile', async () => {
    await withStore(async (store) => {
      await store.apply({ number: 0n, changes: [] });
      await server.query(`SELECT pg_terminate_backend(pid) FROM (${SESSIONS}) AS session`);
      await sleep(50);
      await store.apply({ number: 1n, changes: [] });
      await expect(open({}, 'BorealisMSP')).rejects.toMatchObject({ code: 'PLAINTEXT_STORE_IN_USE', message: expect.stringContaining('node AuroraMSP on channel gemstones') as string });
      expect(await store.checkpoint()).toBe(1n);
    });
  });

  it('ends the session before when the server does not know yet that it is lost', async () => {
    const queries = vi.spyOn(pg.Client.prototype, 'query');
    await withStore(async (store) => {
      await store.apply({ number: 0n, changes: [put('a', '1')] });
      const client = queries.mock.contexts[0] as pg.Client & { readonly connection: { readonly stream: { destroy: () => void } } };
      queries.mockRestore();
      const [before] = await server.query<{ pid: number }>(`${SESSIONS} AND query NOT LIKE '%datasets%' ORDER BY backend_start LIMIT 1`);
      const blocker = new pg.Client({ host: '127.0.0.1', port: server.port, user: 'postgres', password: server.password, database: 'postgres' });
      await blocker.connect();
      await blocker.query(`BEGIN; LOCK TABLE ${schema}.checkpoints IN ACCESS EXCLUSIVE MODE`);
      const cut = refusalCodeOf(store.apply({ number: 1n, changes: [] }));
      const waits = (): Promise<unknown[]> => server.query(`SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'`, [before?.pid]);
      await expect.poll(waits).toHaveLength(1);
      // A session that waits for a lock does not see that its client has gone, and keeps what it holds.
      client.connection.stream.destroy();
      expect(await cut).toBe('PLAINTEXT_STORE_UNAVAILABLE');
      expect(await waits()).toHaveLength(1);
      const again = store.apply({ number: 1n, changes: [] });
      again.catch(() => undefined);
      await expect.poll(() => server.query('SELECT FROM pg_stat_activity WHERE pid = $1', [before?.pid])).toHaveLength(0);
      await blocker.query('COMMIT');
      await blocker.end();
      await again;
      expect(await store.checkpoint()).toBe(1n);
    });
  });

  it('gives nothing to the log of what it refuses, and no password', async () => {
    await expect(open({ password: 'a wrong one' })).rejects.toMatchObject({ code: 'PLAINTEXT_STORE_REFUSED', message: expect.not.stringContaining('wrong') as string });
    await expect(open({ password: undefined })).rejects.toMatchObject({ code: 'PLAINTEXT_STORE_REFUSED' });
    await expect(open({ url: `postgresql://postgres@127.0.0.1:${String(server.port)}/nowhere` })).rejects.toMatchObject({ code: 'PLAINTEXT_STORE_REFUSED', message: expect.stringContaining('nowhere') as string });
    expect(server.log()).not.toContain('a wrong one');
  });

  it('takes nothing from the environment', async () => {
    for (const [name, value] of Object.entries({ PGPASSWORD: server.password, PGHOST: 'db.invalid', PGUSER: 'nobody', PGOPTIONS: '-c synchronous_commit=off', PGSSLMODE: 'require', PGAPPNAME: 'x' })) vi.stubEnv(name, value);
    try {
      await expect(open({ password: undefined })).rejects.toMatchObject({ code: 'PLAINTEXT_STORE_REFUSED' });
      await (await open()).close();
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('refuses a database whose text is not UTF-8, and TLS that the server does not have', async () => {
    await server.query(`CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0`);
    await expect(open({ url: `postgresql://postgres@127.0.0.1:${String(server.port)}/latin` })).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('LATIN1') as string });
    expect(await refusalCodeOf(open({ tlsRootCertificate: 'no certificate' }))).toBe('PLAINTEXT_STORE_UNAVAILABLE');
    expect(await refusalCodeOf(open({ url: 'postgresql://postgres@db.invalid/postgres' }))).toBe('INVALID_CONFIGURATION');
  });

  it('syncs what it acknowledges to disk, whatever the database’s default', async () => {
    await server.query('CREATE DATABASE hasty');
    await server.query('ALTER DATABASE hasty SET synchronous_commit = off');
    const settings = vi.spyOn(pg.Client.prototype, 'query');
    const store = await open({ url: `postgresql://postgres@127.0.0.1:${String(server.port)}/hasty` });
    const session = settings.mock.contexts[0] as pg.Client;
    settings.mockRestore();
    expect((await session.query<{ setting: string }>(`SELECT current_setting('synchronous_commit') AS setting`)).rows).toEqual([{ setting: 'on' }]);
    await store.close();
  });

  it('refuses, rather than begin anew, when its checkpoint was taken away', async () => {
    await withStore(async (store) => {
      await store.apply({ number: 0n, changes: [put('a', '1')] });
      await server.query(`DELETE FROM ${schema}.checkpoints`);
      expect(await refusalCodeOf(store.apply({ number: 1n, changes: [] }))).toBe('PLAINTEXT_STORE_REFUSED');
    });
  });
});
