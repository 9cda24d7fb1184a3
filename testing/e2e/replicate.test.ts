import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contract, Gateway, OutvotedNode, ProposalOptions } from '@selvedge/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isMissing, LEDGERS } from './src/ledgers.js';
import { LIES } from './src/lying-compute/lie.js';
import { buildLyingCompute } from './src/lying-compute/build.js';
import { commandsOf } from './src/mode-page.js';
import { startTestNetwork, text, type TestNetwork } from './src/network.js';
import { runCommand } from './src/run-command.js';

const SCALES = fileURLToPath(new URL('./contracts/scales', import.meta.url));
const LIAR = 'compute-2';
const TIMEOUT_MS = 300_000;

/** Three compute nodes, of which two must agree; one lies when it is told to, and signs what it says with its genuine key. */
describe.each(LEDGERS)('replicas, on the %s ledger', (ledger) => {
  const isSkipped = isMissing(ledger);
  const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-replicate-'));
  const lieFile = path.join(folder, 'lie');
  let test: TestNetwork;
  let gateway: Gateway;
  let contract: Contract;

  beforeAll(async () => {
    if (isSkipped) return;
    test = await startTestNetwork({
      ledger,
      computeNodes: 3,
      businessOrganisations: ['AuroraMSP', 'BorealisMSP'],
      endorserOrganisations: ['NorthMSP', 'SouthMSP'],
      bundles: { compute: await buildLyingCompute() },
      environment: ({ name }): Record<string, string> => (name === LIAR ? { SELVEDGE_LIE: lieFile } : {}),
    });
    await test.network.deploy(SCALES, { computeQuorum: 2 });
    gateway = await test.network.connect('AuroraMSP');
    contract = gateway.getNetwork('main').getContract('scales');
    await contract.submitTransaction('Put', 'ruby', '0.7');
  }, TIMEOUT_MS);
  beforeEach(() => {
    rmSync(lieFile, { force: true });
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    if (isSkipped) return;
    gateway.close();
    await test.end();
  }, TIMEOUT_MS);

  const plain = async (key: string): Promise<string> => text(await contract.evaluate('Get', { arguments: [key], replicas: 3 }));
  const put = (key: string, carat: string, options: ProposalOptions = {}): Promise<Uint8Array> => contract.submit('Put', { arguments: [key, carat], replicas: 3, ...options });
  const countsOfLiar = (): { agreed: number; outvoted: number } => {
    const counts = gateway.replicaCounts().filter(({ nodeId }) => nodeId === LIAR);
    return { agreed: counts.reduce((sum, { agreed }) => sum + agreed, 0), outvoted: counts.reduce((sum, { outvoted }) => sum + outvoted, 0) };
  };

  it.skipIf(isSkipped)('agree when nobody lies, and are what the page has its reader type', async () => {
    for (const command of commandsOf('replicate')) {
      const { code, value } = await runCommand('--dir', test.directory, '--json', ...command);
      expect({ code, value }).toMatchObject({ code: 0, value: { result: '0.7' } });
      expect(value).not.toHaveProperty('outvoted');
    }
    await put('opal', '1.5');
    expect(await plain('opal')).toBe('1.5');
    await expect.poll(countsOfLiar).toMatchObject({ outvoted: 0, agreed: expect.any(Number) as number });
  }, TIMEOUT_MS);

  it.skipIf(isSkipped).each(LIES)('outvote and name the one that lies: %s', async (lie) => {
    writeFileSync(lieFile, lie);
    const before = countsOfLiar().outvoted;
    const named: OutvotedNode[] = [];
    const onOutvoted = (nodes: readonly OutvotedNode[]): void => void named.push(...nodes);
    for (const carat of ['2', '3', '4', '5', '6']) {
      expect(text(await put('jade', carat, { onOutvoted }))).toBe(carat);
      expect(text(await contract.evaluate('Get', { arguments: ['jade'], replicas: 3, onOutvoted }))).toBe(carat);
    }
    // It is asked each time, and may answer when the others have agreed already. What it lies about does not always show.
    const least = { write: 5, read: 5, result: 10, refuse: 10 }[lie];
    await expect.poll(() => countsOfLiar().outvoted - before, { timeout: 20_000 }).toBeGreaterThanOrEqual(least);
    expect(named.every(({ nodeId }) => nodeId === LIAR)).toBe(true);
    const others = gateway.replicaCounts().filter(({ nodeId }) => nodeId !== LIAR);
    expect(others.every(({ outvoted }) => outvoted === 0)).toBe(true);
    // A third is asked where two would have done.
    for (let i = 0; i < 3; i += 1) expect(text(await contract.submit('Put', { arguments: ['pearl', '9'] }))).toBe('9');
    expect(await plain('pearl')).toBe('9');
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('pass on what a chaincode refuses, and name one that gives each node another result', async () => {
    await expect(contract.submit('Refuse', { replicas: 3 })).rejects.toMatchObject({ code: 'CHAINCODE_ERROR', message: expect.stringContaining('the scales are broken') as string });
    await expect(contract.submit('Seal', { arguments: ['ruby'], replicas: 3 })).rejects.toMatchObject({
      code: 'CHAINCODE_NONDETERMINISTIC',
      message: expect.stringContaining('contract scales gave 3 different results') as string,
      details: { differs: 'what scales writes' },
    });
    expect(await plain('ruby')).toBe('0.7');
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('two of three go on when one dies; with a liar among the two nothing commits, and both are named', async () => {
    await test.network.removeComputeNode('compute-3', 'SIGKILL');
    for (const carat of ['7', '8']) expect(text(await put('opal', carat))).toBe(carat);
    writeFileSync(lieFile, 'write');
    await expect(put('opal', '9')).rejects.toMatchObject({ code: 'REPLICAS_DISAGREE', details: { nodes: expect.stringMatching(/^compute-[12] \| compute-[12]$/) as string, differs: 'what scales writes' } });
    rmSync(lieFile);
    expect(await plain('opal')).toBe('8');
  }, TIMEOUT_MS);
});
