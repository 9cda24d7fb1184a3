import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Contract, Gateway } from '@selvedge/client';
import { startTestPostgres, type TestPostgres } from '@selvedge/fixtures/postgres';
import { repetitions } from '@selvedge/fixtures';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMissing, LEDGERS } from './src/ledgers.js';
import { startTestNetwork, text, type TestNetwork } from './src/network.js';
import { runCommand } from './src/run-command.js';

const HOLDINGS = fileURLToPath(new URL('./contracts/holdings', import.meta.url));
const OWNER = 'business-aurora';
const CRASHES = repetitions({ ordinary: 12, soak: 50 });
const PATIENCE = { timeout: 90_000, interval: 100 };

describe.each(LEDGERS)('an owner’s tables of datasets in plaintext, on the %s ledger', (ledger) => {
  const isSkipped = isMissing(ledger);
  const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-plaintext-crash-'));
  let postgres: TestPostgres;
  let test: TestNetwork;
  let gateway: Gateway;
  let contract: Contract;

  beforeAll(async () => {
    if (isSkipped) return;
    postgres = await startTestPostgres();
    const passwordFile = path.join(folder, 'password');
    writeFileSync(passwordFile, postgres.password, { mode: 0o600 });
    test = await startTestNetwork({
      ledger,
      businessOrganisations: ['AuroraMSP', 'BorealisMSP'],
      endorserOrganisations: ['NorthMSP', 'SouthMSP'],
      configure: ({ name }) => (name === OWNER ? { plaintext: { store: { kind: 'postgresql', url: postgres.url, passwordFile } } } : {}),
    });
    await test.network.deploy(HOLDINGS);
    gateway = await test.network.connect('AuroraMSP');
    contract = gateway.getNetwork('main').getContract('holdings');
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    if (isSkipped) return;
    gateway.close();
    await test.end();
    await postgres.close();
  });

  const all = async (): Promise<Record<string, string>> => JSON.parse(text(await contract.evaluateTransaction('All', ''))) as Record<string, string>;
  const rows = async (): Promise<Record<string, string>> => {
    const found = await postgres.query<{ key: string; value_bytes: Buffer }>('SELECT key, value_bytes FROM selvedge.holdings__state ORDER BY key');
    return Object.fromEntries(found.map(({ key, value_bytes: value }) => [key, value.toString('utf8')]));
  };

  it.skipIf(isSkipped)('equal the ledger after the business node was killed in mid-work, again and again', async () => {
    let isDone = false;
    let commits = 0;
    const write = async (lane: number): Promise<void> => {
      for (let i = 0; !isDone; i += 1) {
        const key = `lane-${String(lane)}-${String(i % 5)}`;
        const written = i % 4 === 3 ? contract.submitTransaction('Delete', '', key) : contract.submitTransaction('Put', '', key, `${String(lane)} ${String(i)}`);
        // While the owner is down nothing can be read, staged or known of it.
        await written.then(() => (commits += 1)).catch(() => sleep(100));
      }
    };
    const lanes = [0, 1, 2].map(write);
    for (let crash = 0; crash < CRASHES; crash += 1) {
      const before = commits;
      await expect.poll(() => commits, PATIENCE).toBeGreaterThan(before + 3);
      await sleep(23 * (crash % 10));
      await test.network.kill(OWNER);
      await test.network.restart(OWNER);
    }
    isDone = true;
    await Promise.all(lanes);
    await contract.submitTransaction('Put', '', 'last', 'one');
    const ledgerHas = await all();
    expect(Object.keys(ledgerHas).length).toBeGreaterThan(5);
    await expect.poll(rows, PATIENCE).toEqual(ledgerHas);
  }, 600_000);

  it.skipIf(isSkipped)('go on under another key, once an administrator of the owner has recorded it', async () => {
    const { network } = test;
    const keyFile = path.join(network.node(OWNER).dataDirectory, 'owner-key');
    await network.kill(OWNER, 'SIGTERM');
    writeFileSync(keyFile, `${'5'.repeat(64)}\n${readFileSync(keyFile, 'utf8')}`);
    await network.restart(OWNER);
    await contract.submitTransaction('Put', '', 'under the old key', 'x');
    const proposal = path.join(folder, 'owner-keys');
    for (const command of [
      ['keys', 'owner', '--msp', 'AuroraMSP', '--output', proposal],
      ['--identity', 'AuroraMSP/Admin', 'policy', 'approve', proposal],
      ['policy', 'submit', proposal],
    ]) {
      const { code, value } = await runCommand('--dir', test.directory, '--json', ...command);
      expect({ command, code, value }).toMatchObject({ code: 0 });
    }
    await contract.submitTransaction('Put', '', 'under the new key', 'y');
    await expect.poll(rows, PATIENCE).toEqual(await all());
    expect(await rows()).toMatchObject({ 'under the old key': 'x', 'under the new key': 'y' });
  });

  it.skipIf(isSkipped)('are filled anew when the organisation has emptied them', async () => {
    const before = await rows();
    await test.network.kill(OWNER);
    await postgres.query('DROP SCHEMA selvedge CASCADE');
    await test.network.restart(OWNER);
    await contract.submitTransaction('Put', '', 'after', 'all');
    await expect.poll(() => rows().catch(() => ({})), PATIENCE).toEqual({ ...before, after: 'all' });
    expect(await all()).toEqual({ ...before, after: 'all' });
  });
});
