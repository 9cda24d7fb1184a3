import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contract, Gateway, QueryConfirmation } from '@selvedge/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMissing, LEDGERS } from './src/ledgers.js';
import { commandsOf } from './src/mode-page.js';
import { startTestNetwork, text, type TestNetwork } from './src/network.js';
import { buildFreezingOwner } from './src/rolled-back/build.js';
import { runCommand } from './src/run-command.js';

const STALLS = fileURLToPath(new URL('./contracts/stalls', import.meta.url));
const OWNER = 'business-aurora';

/** The world state's one owner is set back to a backup of its store, and stays there. */
describe.each(LEDGERS)('fresh queries, on the %s ledger', (ledger) => {
  const isSkipped = isMissing(ledger);
  const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-fresh-'));
  const frozen = path.join(folder, 'frozen');
  const [backup, newest] = [path.join(folder, 'backup'), path.join(folder, 'newest')];
  let test: TestNetwork;
  let gateway: Gateway;
  let contract: Contract;

  beforeAll(async () => {
    if (isSkipped) return;
    test = await startTestNetwork({
      ledger,
      businessOrganisations: ['AuroraMSP', 'BorealisMSP'],
      endorserOrganisations: ['NorthMSP', 'SouthMSP'],
      bundles: { business: await buildFreezingOwner() },
      environment: ({ name }): Record<string, string> => (name === OWNER ? { SELVEDGE_FROZEN: frozen } : {}),
    });
    await test.network.deploy(STALLS);
    gateway = await test.network.connect('BorealisMSP');
    contract = gateway.getNetwork('main').getContract('stalls');
    await contract.submitTransaction('Put', '', 'ruby', '0.7');
    await contract.submitTransaction('Put', '', 'opal', '1.5');
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    if (isSkipped) return;
    gateway.close();
    await test.end();
  });

  const plain = async (key: string): Promise<string> => text(await contract.evaluateTransaction('Get', '', key));
  const fresh = async (key: string, confirm = 2): Promise<{ value: string; confirmation: QueryConfirmation | undefined }> => {
    let confirmation: QueryConfirmation | undefined;
    const value = text(await contract.evaluate('Get', { arguments: ['', key], confirm, onConfirmed: (given) => (confirmation = given) }));
    return { value, confirmation };
  };
  const sum = { arguments: ['', 'a', 'z', 'unused'], confirm: 2 };

  it.skipIf(isSkipped)('are answered with the height that organisations sign, one of which owns nothing; ranges and absent keys too', async () => {
    const { value, confirmation } = await fresh('ruby');
    expect(value).toBe('0.7');
    expect(confirmation?.organisations.length).toBeGreaterThanOrEqual(2);
    expect(confirmation?.organisations.some((mspId) => mspId !== 'AuroraMSP')).toBe(true);
    await contract.submitTransaction('Put', '', 'jade', '2');
    expect((await fresh('jade')).confirmation!.height).toBeGreaterThan(confirmation!.height);
    expect((await fresh('nothing')).value).toBe('');
    expect(Number(text(await contract.evaluate('SumRange', sum)))).toBeCloseTo(4.2);
  });

  it.skipIf(isSkipped)('are what the page has its reader type', async () => {
    for (const command of commandsOf('fresh-queries')) {
      const { code, value } = await runCommand('--dir', test.directory, '--json', ...command);
      expect({ code, value }).toMatchObject({ code: 0, value: { result: '0.7', confirmation: { organisations: expect.any(Array) as unknown } } });
    }
  });

  it.skipIf(isSkipped)('are refused where more organisations are asked for than there are', async () => {
    await expect(fresh('ruby', 64)).rejects.toMatchObject({ code: 'STATE_UNCONFIRMED' });
    await expect(contract.submit('Put', { arguments: ['', 'ruby', '9'], confirm: 2 })).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
  });

  it.skipIf(isSkipped)('find and name an owner whose store was set back, which a plain query does not notice', async () => {
    const { network } = test;
    await network.kill(OWNER, 'SIGTERM');
    cpSync(network.node(OWNER).dataDirectory, backup, { recursive: true });
    await network.restart(OWNER);
    await contract.submitTransaction('Put', '', 'ruby', '0.9');
    await contract.submitTransaction('Put', '', 'pearl', '3');

    const setTo = async (store: string): Promise<void> => {
      rmSync(network.node(OWNER).dataDirectory, { recursive: true });
      cpSync(store, network.node(OWNER).dataDirectory, { recursive: true });
      await network.restart(OWNER);
    };
    await network.kill(OWNER);
    cpSync(network.node(OWNER).dataDirectory, newest, { recursive: true });
    writeFileSync(frozen, '');
    await setTo(backup);
    const { dialAddress } = network.node(OWNER);

    // What is old, or not there yet, passes for the truth.
    await expect.poll(() => plain('ruby').catch((error: unknown) => String(error)), { timeout: 30_000 }).toBe('0.7');
    expect(await plain('pearl')).toBe('');
    const named = { code: 'STATE_ROLLED_BACK', message: expect.stringContaining(`AuroraMSP at ${dialAddress} serves what the ledger has replaced`) as string };
    await expect(fresh('ruby')).rejects.toMatchObject(named);
    await expect(fresh('pearl')).rejects.toMatchObject(named);
    await expect(contract.evaluate('SumRange', sum)).rejects.toMatchObject({ code: expect.stringMatching(/^STATE_(ROLLED_BACK|FORGED)$/) as string });
    // What has not changed since is confirmed from there as well.
    expect((await fresh('opal')).value).toBe('1.5');
    expect(readFileSync(network.node('compute-1').logFile, 'utf8')).toContain('"code":"STATE_ROLLED_BACK"');

    await network.kill(OWNER);
    rmSync(frozen);
    await setTo(newest);
    await expect.poll(async () => (await fresh('ruby')).value, { timeout: 30_000 }).toBe('0.9');
    expect((await fresh('pearl')).value).toBe('3');
  });
});
