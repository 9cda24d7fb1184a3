import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { revokeParties, type Contract, type Gateway } from '@selvedge/client';
import { openPolicySession, type Deployment } from '@selvedge/dev-network';
import { startTestPostgres, type TestPostgres } from '@selvedge/fixtures/postgres';
import { verifySignedProfile } from '@selvedge/policy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodingsOf } from './src/canary/search.js';
import { whenCaughtUp } from './src/key-changes.js';
import { isMissing, LEDGERS } from './src/ledgers.js';
import { commandsOf } from './src/mode-page.js';
import { startTestNetwork, text, type TestNetwork } from './src/network.js';
import { LIES } from './src/plaintext/lie.js';
import { createTestReader } from './src/plaintext/reader.js';
import { createSuspectOwner, type SuspectOwner } from './src/plaintext/suspect-owner.js';
import { runCommand } from './src/run-command.js';

const HOLDINGS = fileURLToPath(new URL('./contracts/holdings', import.meta.url));
const OWNER = 'business-aurora';
const CANARY = 'canary-7c1e55aa90b3';
const PATIENCE = { timeout: 60_000, interval: 100 };

/** The owner keeps the contract's data in PostgreSQL, and may be told to lie about it. */
describe.each(LEDGERS)('datasets in plaintext, on the %s ledger', (ledger) => {
  const isSkipped = isMissing(ledger);
  const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-plaintext-'));
  const passwordFile = path.join(folder, 'password');
  const directory = path.join(folder, 'network');
  let suspect: SuspectOwner;
  let postgres: TestPostgres;
  let test: TestNetwork;
  let gateway: Gateway;
  let contract: Contract;
  let deployment: Deployment;

  beforeAll(async () => {
    if (isSkipped) return;
    postgres = await startTestPostgres();
    writeFileSync(passwordFile, postgres.password, { mode: 0o600 });
    suspect = await createSuspectOwner({ nodeId: OWNER, folder, directory });
    test = await startTestNetwork({
      ledger,
      directory,
      businessOrganisations: ['AuroraMSP', 'BorealisMSP'],
      endorserOrganisations: ['NorthMSP', 'SouthMSP'],
      ...suspect.options,
      configure: ({ name }) => (name === OWNER ? { plaintext: { store: { kind: 'postgresql', url: postgres.url, passwordFile } } } : {}),
    });
    deployment = await test.network.deploy(HOLDINGS);
    gateway = await test.network.connect('AuroraMSP');
    contract = gateway.getNetwork('main').getContract('holdings');
  });
  afterAll(async () => {
    if (!isSkipped) {
      gateway.close();
      await test.end();
      await postgres.close();
      await suspect.close();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  const put = (key: string, value: string, collection = ''): Promise<Uint8Array> => contract.submitTransaction('Put', collection, key, value);
  const get = async (key: string, collection = ''): Promise<string> => text(await contract.evaluateTransaction('Get', collection, key));
  const all = async (collection: string): Promise<Record<string, string>> => JSON.parse(text(await contract.evaluateTransaction('All', collection))) as Record<string, string>;
  const tableOf = (collection: string): string => `selvedge.holdings__${collection === '' ? 'state' : collection}`;
  const rows = async (collection: string): Promise<Record<string, string>> => {
    const found = await postgres.query<{ key: string; value_bytes: Buffer }>(`SELECT key, value_bytes FROM ${tableOf(collection)} ORDER BY key`);
    return Object.fromEntries(found.map(({ key, value_bytes: value }) => [key, value.toString('utf8')]));
  };

  it.skipIf(isSkipped)('are in the owner’s own tables, and read by the contract as ever', async () => {
    await put('ruby', JSON.stringify({ kind: 'gem', carat: 2, note: CANARY }));
    await put('opal', JSON.stringify({ kind: 'gem', carat: 3 }));
    await put('pact', `with Borealis: ${CANARY}`, 'shared');
    expect(JSON.parse(await get('ruby'))).toEqual({ kind: 'gem', carat: 2, note: CANARY });
    expect(await get('pact', 'shared')).toBe(`with Borealis: ${CANARY}`);
    expect(await get('nothing')).toBe('');
    await expect.poll(() => rows(''), PATIENCE).toEqual(await all(''));
    await expect.poll(() => rows('shared'), PATIENCE).toEqual({ pact: `with Borealis: ${CANARY}` });
    const [ruby] = await postgres.query<{ carat: string }>(`SELECT value ->> 'carat' AS carat FROM ${tableOf('')} WHERE key = 'ruby'`);
    expect(ruby?.carat).toBe('2');
    // Ranges, rich queries that a write rests on, and histories.
    expect(Object.keys(await all(''))).toEqual(['opal', 'ruby']);
    expect(text(await contract.submitTransaction('SumKind', 'gem', 'sum'))).toBe('5');
    await put('ruby', JSON.stringify({ kind: 'gem', carat: 7, note: CANARY }));
    await contract.submitTransaction('Delete', '', 'opal');
    expect(text(await contract.submitTransaction('SumKind', 'gem', 'sum'))).toBe('7');
    expect(JSON.parse(text(await contract.evaluateTransaction('History', 'sum')))).toEqual(['7', '5']);
    await expect.poll(() => rows(''), PATIENCE).toEqual(await all(''));
  });

  it.skipIf(isSkipped)('are what the page has its reader type', async () => {
    for (const command of commandsOf('plaintext')) {
      const { code, value } = await runCommand('--dir', test.directory, '--json', ...command);
      expect({ command, code, value }).toMatchObject({ code: 0 });
    }
    expect(await get('sapphire')).toBe('{"kind":"gem","carat":4}');
    await expect.poll(async () => (await rows('')).sapphire, PATIENCE).toBe('{"kind":"gem","carat":4}');
  });

  it.skipIf(isSkipped)('are never seen between business node and compute node', () => {
    const seen = suspect.captured();
    expect(seen.includes('/selvedge.v1.Business/QueryState')).toBe(true);
    expect(seen.includes('/selvedge.v1.Business/AdmitReader')).toBe(true);
    for (const [encoding, form] of encodingsOf(CANARY)) expect(seen.includes(form), encoding).toBe(false);
  });

  it.skipIf(isSkipped)('about which the owner lies are caught in the TEE, and the owner is named', async () => {
    const { dialAddress } = test.network.node(OWNER);
    const named = { code: 'STATE_FORGED', message: expect.stringContaining(`AuroraMSP at ${dialAddress}: STATE_FORGED`) as string };
    for (const lie of LIES) {
      // Anew, so that nothing is remembered of it.
      await put('jade', lie);
      await expect(suspect.whileLying(lie, () => get('jade')), lie).rejects.toMatchObject(named);
      await expect(suspect.whileLying(lie, () => contract.submitTransaction('SumKind', 'gem', 'sum')), lie).rejects.toMatchObject(named);
      await expect.poll(() => get('jade').catch((error: unknown) => String(error)), PATIENCE).toBe(lie);
    }
    expect(readFileSync(test.network.node('compute-1').logFile, 'utf8')).toContain('"code":"STATE_FORGED"');
  });

  it.skipIf(isSkipped)('that somebody changes in the owner’s database are caught as well', async () => {
    await put('pearl', 'white');
    await expect.poll(async () => (await rows('')).pearl, PATIENCE).toBe('white');
    await postgres.query(`UPDATE ${tableOf('')} SET value_bytes = $1 WHERE key = 'pearl'`, [Buffer.from('black')]);
    await expect(get('pearl')).rejects.toMatchObject({ code: 'STATE_FORGED' });
    await put('pearl', 'pink');
    await expect.poll(() => get('pearl').catch((error: unknown) => String(error)), PATIENCE).toBe('pink');
  });

  it.skipIf(isSkipped)('are refused to a node that has not proved itself, or is revoked', async () => {
    const { network } = test;
    const profile = verifySignedProfile(network.signedProfile);
    const broker = { connectionProfile: network.connectionProfile(), profile, now: new Date() };
    const session = openPolicySession(broker);
    const ownerSet = deployment.policy.datasets.find(({ name }) => name === '')!.ownerSet;
    const reader = await createTestReader({ network, ledger: await session.view(), nodeId: 'compute-rogue', contract: 'holdings', ownerSet });
    try {
      await expect(reader.readInTheClear()).rejects.toMatchObject({ code: 'READER_UNATTESTED' });
      await expect(reader.prove({ measurement: new Uint8Array(48).fill(9) })).rejects.toMatchObject({ code: 'APPRAISAL_REFUSED' });
      await expect(reader.prove({ nonce: reader.lastNonce })).rejects.toMatchObject({ code: 'CHALLENGE_UNKNOWN' });
      await expect(reader.prove({ recipient: 'BorealisMSP' })).rejects.toMatchObject({ code: 'WRONG_RECIPIENT' });
      await expect(reader.read()).rejects.toThrow('the reader was not admitted');

      await reader.prove();
      const { sets } = await reader.read();
      expect(sets[0]!.plaintexts.map(({ key }) => key)).toContain('ruby');

      const changes = await whenCaughtUp(async () => revokeParties({ ...broker, ledger: await session.view() }, await session.view(), { nodes: ['compute-rogue'], platforms: [], measurements: [], epochs: [], reason: 'test' }));
      await session.change(changes, await Promise.all(profile.message.organisations.map(({ mspId }) => network.identity(mspId, 'Admin'))));
      await expect(reader.read()).rejects.toMatchObject({ code: 'TEE_REVOKED' });
      await expect(reader.prove()).rejects.toMatchObject({ code: 'TEE_REVOKED' });
    } finally {
      reader.close();
      session.close();
    }
  });
});
