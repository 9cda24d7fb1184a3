import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contract, EndorsedTransaction, Gateway } from '@selvedge/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEDGERS, isMissing } from './src/ledgers.js';
import { buildLyingOwner } from './src/lying-owner/build.js';
import { LIES, type Lie } from './src/lying-owner/lie.js';
import { startTestNetwork, text, type TestNetwork } from './src/network.js';

const STALLS = fileURLToPath(new URL('./contracts/stalls', import.meta.url));
/** Queries that write their sum, and how an entry comes among what they find. */
const QUERIES = [
  { kind: 'range', sum: ['SumRange', '', 'stone-', 'stone.'], put: (name: string, carat: string) => ['Put', '', `stone-${name}`, carat], gone: (name: string) => `stone-${name}` },
  { kind: 'partial composite key', sum: ['SumStall', '', 'north'], put: (name: string, carat: string) => ['Lay', '', 'north', name, carat], gone: (name: string) => `\u0000stall\u0000north\u0000${name}\u0000` },
  { kind: 'rich query', sum: ['SumKind', '', 'opal'], put: (name: string, carat: string) => ['Show', '', `opal-${name}`, 'opal', carat], gone: (name: string) => `opal-${name}` },
] as const;

/** The one owner of the world state is a process that lies about the sets that it serves, whenever a file tells it how. */
describe.each(LEDGERS)('a business node that lies about a set, on the %s ledger', (ledger) => {
  const isSkipped = isMissing(ledger);
  const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-lie-'));
  const lieFile = path.join(folder, 'lie');
  let test: TestNetwork | undefined;
  let gateway: Gateway | undefined;
  let contract: Contract;
  let targets = 0;

  const get = async (key: string): Promise<string> => text(await contract.evaluateTransaction('Get', '', key));
  const lying = async <T>(lie: Lie, act: () => Promise<T>): Promise<T> => {
    writeFileSync(lieFile, lie);
    try {
      return await act();
    } finally {
      rmSync(lieFile);
    }
  };

  beforeAll(async () => {
    if (isSkipped) return;
    test = await startTestNetwork({
      ledger,
      businessOrganisations: ['AuroraMSP', 'BorealisMSP'],
      endorserOrganisations: ['NorthMSP', 'SouthMSP'],
      bundles: { business: await buildLyingOwner() },
      environment: ({ name }): Record<string, string> => (name === 'business-aurora' ? { SELVEDGE_LIE: lieFile } : {}),
    });
    await test.network.deploy(STALLS);
    gateway = await test.network.connect('BorealisMSP');
    contract = gateway.getNetwork('main').getContract('stalls');
  });
  afterAll(async () => {
    gateway?.close();
    await test?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  it.skipIf(isSkipped).each(QUERIES)('is caught and named before anything commits: $kind', async ({ sum, put, gone }) => {
    const submit = ([name, ...args]: readonly string[]): Promise<Uint8Array> => contract.submitTransaction(name as string, ...args);
    for (const [name, carat] of [['a', '1'], ['b', '2'], ['c', '4'], ['d', '800']] as const) await submit(put(name, carat));
    // Seen once while it was there, and once with another value: what the lies are made of.
    expect(text(await submit([...sum, 'seen']))).toBe('807');
    await submit(['Delete', '', gone('d')]);
    await submit(put('c', '5'));
    expect(text(await submit([...sum, 'seen']))).toBe('8');
    const { dialAddress } = test!.network.node('business-aurora');
    for (const lie of LIES) {
      // Under a new guard value, so that nothing that was confirmed before serves.
      await submit(put(`for ${lie}`, '0'));
      const target = `target-${String((targets += 1))}`;
      const attempt = lying(lie, () => submit([...sum, target]));
      await expect(attempt, lie).rejects.toMatchObject({ code: 'STATE_FORGED', message: expect.stringContaining(`AuroraMSP at ${dialAddress}: STATE_FORGED`) as string });
      expect(await get(target), lie).toBe('');
      // The same node, told nothing, is believed again.
      expect(text(await submit([...sum, target])), lie).toBe('8');
      expect(await get(target), lie).toBe('8');
    }
  });

  it.skipIf(isSkipped)('is named in the log of the compute node', () => {
    const log = readFileSync(test!.network.node('compute-1').logFile, 'utf8');
    const refused = log.split('\n').filter((line) => line.includes('STATE_FORGED') && line.includes('AuroraMSP'));
    expect(refused.length).toBeGreaterThanOrEqual(QUERIES.length * LIES.length);
  });

  it.skipIf(isSkipped)('is not asked again for the entries of a repeated query, until a transaction that writes commits', async () => {
    const sum = async (): Promise<string> => text(await contract.evaluateTransaction('SumKind', '', 'garnet', 'unused'));
    const show = async (name: string, carat: string): Promise<EndorsedTransaction> =>
      (await contract.newProposal('Show', { arguments: ['', `garnet-${name}`, 'garnet', carat] }).execute()).endorse();
    await (await (await show('a', '1')).submit()).verifyCommitted();
    expect(await sum()).toBe('1');
    // Whatever it serves now is refused: these answers come from the TEE's memory.
    for (let time = 0; time < 2; time += 1) expect(await lying('swap', sum)).toBe('1');
    const endorsed = await show('b', '2');
    expect(await lying('swap', sum)).toBe('1');
    await (await endorsed.submit()).verifyCommitted();
    await expect(lying('swap', sum)).rejects.toMatchObject({ code: 'STATE_FORGED' });
    expect(await sum()).toBe('3');
    expect(await lying('swap', sum)).toBe('3');
  });

  it.skipIf(isSkipped)('gets nothing committed with an older value either, where the set’s keys were confirmed before', async () => {
    await contract.submitTransaction('Put', '', 'stone-a', '10');
    const before = text(await contract.submitTransaction('SumRange', '', 'stone-', 'stone.', 'total'));
    await contract.submitTransaction('Put', '', 'stone-a', '20');
    const attempt = lying('older', () => contract.submitTransaction('SumRange', '', 'stone-', 'stone.', 'stale-total'));
    await expect(attempt).rejects.toMatchObject({ code: expect.stringMatching(/^(STALE_READ|MVCC_READ_CONFLICT|STATE_FORGED)$/) as string });
    expect(await get('stale-total')).toBe('');
    expect(text(await contract.submitTransaction('SumRange', '', 'stone-', 'stone.', 'total'))).toBe(String(Number(before) + 10));
  });
});
