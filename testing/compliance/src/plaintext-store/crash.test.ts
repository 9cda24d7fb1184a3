import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { repetitions } from '@selvedge/fixtures';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlaintextPlace } from '@selvedge/business';
import { startTestPostgres, type TestPostgres } from '@selvedge/fixtures/postgres';
import { bundleProcess, startProcess, type ProcessUnderTest } from '../crash/process-under-test.js';
import { crashBlock } from './crash-blocks.js';
import { embeddedPlace } from './embedded.js';
import { comparable, modelOf } from './model.js';
import type { PlaintextPlaceUnderTest } from './ports.js';
import { postgresPlace } from './postgres.js';

const KILLS = repetitions({ ordinary: 15, soak: 50 });
/** From the process's start of work: opening takes some of it. */
const MAX_LIFE_MS = 200;
const SERVER_KILLS = 3;
const SCHEMA = 'after crashes';

describe('kill -9 of whoever writes plaintext datasets', { timeout: 120_000 }, () => {
  let directory: string;
  let bundle: string;
  let server: TestPostgres;
  let places: Record<string, { readonly config: PlaintextPlace; readonly underTest: PlaintextPlaceUnderTest }>;
  /** The last block that a process told to be applied, by place. */
  const acknowledged = new Map<string, number>();

  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'selvedge-plaintext-crash-'));
    [server, bundle] = await Promise.all([startTestPostgres(), bundleProcess('testing/compliance/src/plaintext-store/writer-process.ts', 'plaintext-writer')]);
    const store = path.join(directory, 'store');
    places = {
      'the embedded store': { config: { kind: 'embedded', directory: store }, underTest: embeddedPlace(store) },
      PostgreSQL: { config: { kind: 'postgresql', url: server.url, password: server.password, schema: SCHEMA }, underTest: postgresPlace(server, SCHEMA) },
    };
  });
  afterAll(async () => {
    await server.close();
    rmSync(directory, { recursive: true });
  });

  const start = (name: string): Promise<ProcessUnderTest> => startProcess(bundle, path.join(directory, 'writer.json'), { place: places[name]!.config, behind: Math.floor(Math.random() * 3) });
  /** Kills it, and checks that it lost nothing that one before had told, and never failed. */
  const kill = async (name: string, writer: ProcessUnderTest): Promise<void> => {
    await writer.kill();
    for (const { opened, applied, failed } of writer.lines) {
      expect(failed).toBeUndefined();
      if (opened !== undefined) expect(opened).toBeGreaterThanOrEqual(acknowledged.get(name) ?? -1);
      if (applied !== undefined) acknowledged.set(name, Math.max(Number(applied), acknowledged.get(name) ?? -1));
    }
  };
  /** That the store is of its checkpoint’s height, exactly. */
  const expectWhole = async (name: string): Promise<void> => {
    const { underTest } = places[name]!;
    const store = await underTest.open();
    const checkpoint = (await store.checkpoint()) ?? -1n;
    await store.close();
    expect(checkpoint).toBeGreaterThanOrEqual(acknowledged.get(name) ?? -1);
    const blocks = Array.from({ length: Number(checkpoint) + 1 }, (_, number) => crashBlock(BigInt(number)));
    expect(comparable(await underTest.contents())).toEqual(comparable(modelOf(blocks)));
  };

  it.each(['the embedded store', 'PostgreSQL'])(`${String(KILLS)} times leaves %s as one pass would have, nothing lost and nothing twice`, async (name) => {
    for (let kills = 1; kills <= KILLS; kills += 1) {
      const writer = await start(name);
      await sleep(Math.random() * MAX_LIFE_MS);
      await kill(name, writer);
      if (kills % 10 === 0) await expectWhole(name);
    }
    // That it wrote at all between kills: how much is a matter of the machine.
    expect(acknowledged.get(name)).toBeGreaterThan(KILLS / 3);
  });

  it('and of the server, or of the session, is survived by the process that writes, which goes on by itself', async () => {
    const writer = await start('PostgreSQL');
    const seen = (): number => writer.lines.reduce((most, { applied }) => Math.max(most, Number(applied ?? -1)), -1);
    const progress = async (): Promise<void> => {
      const from = seen();
      await expect.poll(seen, { timeout: 30_000 }).toBeGreaterThan(from + 5);
    };
    await progress();
    for (let kills = 0; kills < SERVER_KILLS; kills += 1) {
      await server.kill();
      await server.start();
      await progress();
    }
    await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'selvedge %'`);
    await progress();
    await kill('PostgreSQL', writer);
    expect(writer.lines.some(({ unavailable }) => unavailable !== undefined)).toBe(true);
    await expectWhole('PostgreSQL');
  });
});
