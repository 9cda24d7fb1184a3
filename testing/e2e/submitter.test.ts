import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConnectOptions, Contract, Gateway, HopName } from '@selvedge/client';
import { issueIdentity, issueTlsMaterial, layoutOf } from '@selvedge/dev-network';
import { isSelvedgeError } from '@selvedge/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRecordingProxy, type RecordingProxy } from './src/canary/recording-proxy.js';
import { createSearch } from './src/canary/search.js';
import { isMissing, LEDGERS } from './src/ledgers.js';
import { buildLyingSubmitter } from './src/lying-submitter/build.js';
import { LIES, type Lie } from './src/lying-submitter/lie.js';
import { startTestNetwork, text, type TestNetwork } from './src/network.js';

const STALLS = fileURLToPath(new URL('./contracts/stalls', import.meta.url));
const CLERKS = Array.from({ length: 8 }, (_unused, i) => `Clerk${String(i + 1)}`);
const SUBMITTER = 'submitter-aurora';
const SECRET = 'emerald-under-the-floor';
const TIMEOUT_MS = 300_000;

interface Clerk {
  readonly gateway: Gateway;
  readonly contract: Contract;
}

/** Clients with identities of their own, and the submitter of their organisation, which lies whenever a file tells it how. */
describe.each(LEDGERS)('a submitter, on the %s ledger', (ledger) => {
  const isSkipped = isMissing(ledger);
  const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-submitter-'));
  const [lieFile, bodies, headers] = ['lie', 'bodies', 'headers'].map((name) => path.join(folder, name)) as [string, string, string];
  const hops: HopName[] = [];
  let test: TestNetwork | undefined;
  let proxy: RecordingProxy | undefined;
  let clerks: Clerk[] = [];

  const network = (): TestNetwork['network'] => test!.network;
  const connect = async (mspId: string, options: Partial<ConnectOptions> & { readonly user?: string } = {}): Promise<Clerk> => {
    const gateway = await network().connect(mspId, { onHop: ({ hop }) => hops.push(hop), ...options });
    return { gateway, contract: gateway.getNetwork('main').getContract('stalls') };
  };
  const codeOf = (error: unknown): string => (isSelvedgeError(error) ? error.code : String(error));
  /** What each call gave, or the code of its refusal. */
  const settle = async (calls: readonly Promise<Uint8Array>[]): Promise<string[]> => (await Promise.allSettled(calls)).map((each) => (each.status === 'fulfilled' ? text(each.value) : codeOf(each.reason)));
  const get = async (key: string): Promise<string> => text(await clerks[0]!.contract.evaluateTransaction('Get', '', key));
  /** Batches that the submitter has sent, and requests in them. */
  const counted = async (): Promise<{ readonly batches: number; readonly items: number }> => {
    const metrics = await (await fetch(`http://${network().node(SUBMITTER).monitoring ?? ''}/metrics`)).text();
    const read = (name: string): number => Number(new RegExp(`^${name}\\{.*\\} (\\d+)$`, 'm').exec(metrics)?.[1] ?? 0);
    return { batches: read('selvedge_batches_total'), items: read('selvedge_batch_items_total') };
  };

  beforeAll(async () => {
    if (isSkipped) return;
    test = await startTestNetwork({
      ledger,
      submitters: ['AuroraMSP'],
      businessOrganisations: ['AuroraMSP', 'BorealisMSP'],
      endorserOrganisations: ['NorthMSP', 'SouthMSP'],
      bundles: { submitter: await buildLyingSubmitter() },
      directory: path.join(folder, 'network'),
      environment: ({ name }): Record<string, string> => (name === SUBMITTER ? { SELVEDGE_LIE: lieFile, SELVEDGE_LOG_LEVEL: 'trace' } : {}),
      async intercept({ name, mspId, address }) {
        if (name !== SUBMITTER) return address;
        const tls = await issueTlsMaterial(layoutOf(path.join(folder, 'network')), mspId, { commonName: 'proxy', hosts: ['127.0.0.1'] });
        proxy = await startRecordingProxy({ target: address, tls, file: bodies, headersFile: headers });
        return proxy.address;
      },
    });
    await network().deploy(STALLS);
    const layout = layoutOf(network().directory);
    for (const name of CLERKS) await issueIdentity(layout, 'AuroraMSP', name, { commonName: `${name}@AuroraMSP`, role: 'client' });
    clerks = await Promise.all(CLERKS.map((user) => connect('AuroraMSP', { user })));
  }, TIMEOUT_MS);
  afterAll(async () => {
    for (const { gateway } of clerks) gateway.close();
    await test?.end();
    await proxy?.close();
    rmSync(folder, { recursive: true, force: true });
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('puts what different clients submit into few transactions, and gives each its own result and error', async () => {
    await settle(clerks.map(({ contract }, i) => contract.submitTransaction('Put', '', `warm-${String(i)}`, '1')));
    hops.length = 0;
    const before = await counted();
    const calls = clerks.flatMap(({ contract }, i) => [
      ...[0, 1, 2].map((n) => contract.submitTransaction('Put', '', `stone-${String(i)}-${String(n)}`, `${String(i)}.${String(n)}`)),
      contract.submitTransaction('Cut', `none-${String(i)}`),
    ]);
    expect(await settle(calls)).toEqual(clerks.flatMap(() => ['', '', '', 'CHAINCODE_ERROR']));
    const after = await counted();
    expect(after.items - before.items).toBe(calls.length);
    expect(after.batches - before.batches).toBeLessThan(calls.length / 2);
    expect([...new Set(hops)].sort()).toEqual(['attest', 'commit-status', 'submitter'].filter((hop) => hops.includes(hop as HopName)));
    expect(await Promise.all(['stone-0-0', 'stone-3-1', 'stone-7-2'].map(get))).toEqual(['0.0', '3.1', '7.2']);
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('lets nobody pay for another’s conflict', async () => {
    const calls = clerks.map(({ contract }, i) => (i % 2 === 0 ? contract.submitTransaction('Put', '', `aside-${String(i)}`, '2') : contract.submitTransaction('SumRange', '', 'shared-', 'shared.', 'shared-total')));
    const settled = await settle(calls);
    expect(settled.filter((_each, i) => i % 2 === 0)).toEqual(['', '', '', '']);
    const others = settled.filter((_each, i) => i % 2 === 1);
    // Each may lose to the insertions beside it, or to the others.
    expect(others.every((each) => /^(\d+|MVCC_READ_CONFLICT|PHANTOM_READ_CONFLICT|STALE_READ|STALE_GUARD)$/.test(each))).toBe(true);
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('is shown no plaintext: not on its wire, in its log, or among its files', async () => {
    const [clerk] = clerks;
    await clerk!.contract.submit('Put', { arguments: ['', SECRET, `${SECRET} weighs 9`], transientData: { note: `${SECRET} in transit` } });
    expect(await get(SECRET)).toBe(`${SECRET} weighs 9`);
    await expect(clerk!.contract.submitTransaction('Cut', SECRET)).rejects.toMatchObject({ code: 'CHAINCODE_ERROR' });
    const search = createSearch([{ name: 'secret', content: SECRET }]);
    const node = network().node(SUBMITTER);
    expect([...search.file('bodies', bodies), ...search.file('headers', headers), ...search.file('log', node.logFile), ...search.folder((name) => name, path.dirname(node.logFile))]).toEqual([]);
    // What it may see was recorded: the contract's name.
    expect(createSearch([{ name: 'contract', content: 'stalls' }]).file('bodies', bodies)).not.toEqual([]);
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('serves its own organisation’s clients alone', async () => {
    const before = await counted();
    const refusals: (string | undefined)[] = [];
    const onHop: ConnectOptions['onHop'] = ({ hop, refusal }) => { if (hop === 'submitter') refusals.push(refusal); };
    const { gateway, contract } = await connect('BorealisMSP', { onHop, submitter: { address: network().node(SUBMITTER).address } });
    await settle([contract.submitTransaction('Put', '', 'foreign', '1')]);
    gateway.close();
    // What ends in the handshake may look like a peer that is gone.
    expect([refusals.length, refusals.every((code) => code === 'TLS_REFUSED' || code === 'UNAVAILABLE')]).toEqual([1, true]);
    expect(await counted()).toEqual(before);
    // By itself it goes its way.
    const own = await connect('BorealisMSP');
    await own.contract.submitTransaction('Put', '', 'foreign', '1');
    own.gateway.close();
  }, TIMEOUT_MS);

  it.skipIf(isSkipped).each(LIES)('that lies is caught: %s', async (lie: Lie) => {
    const impatient = await Promise.all(CLERKS.slice(0, 3).map((user) => connect('AuroraMSP', { user, limits: { commitStatusTimeoutMs: 3_000 } })));
    // Their evidence is fetched before the lie.
    await settle(impatient.map(({ contract }, i) => contract.submitTransaction('Put', '', `honest-${lie}-${String(i)}`, '1')));
    writeFileSync(lieFile, lie);
    try {
      const codes = await settle(impatient.map(({ contract }, i) => contract.submitTransaction('Put', '', `lie-${lie}-${String(i)}`, '1')));
      expect(codes).toEqual(codes.map(() => (lie === 'claim' ? 'COMMIT_UNKNOWN' : 'DECRYPT_FAILED')));
    } finally {
      rmSync(lieFile);
      for (const { gateway } of impatient) gateway.close();
    }
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('finishes what it has when it is told to stop', async () => {
    const calls = clerks.map(({ contract }, i) => contract.submitTransaction('Put', '', `last-${String(i)}`, '1'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await network().kill(SUBMITTER, 'SIGTERM');
    expect(await settle(calls)).toEqual(calls.map(() => ''));
    expect(readFileSync(network().node(SUBMITTER).logFile, 'utf8')).not.toContain('INTERNAL');
    await network().restart(SUBMITTER);
  }, TIMEOUT_MS);

  it.skipIf(isSkipped).each<[string, (calls: readonly Promise<unknown>[]) => Promise<unknown>]>([
    ['before it has acknowledged anything', () => new Promise((resolve) => setTimeout(resolve, 100))],
    ['after its first acknowledgement', (calls) => Promise.race(calls)],
  ])('that is killed %s loses nothing that was acknowledged, and is done without until it is back', async (when, moment) => {
    const names = clerks.flatMap((_clerk, i) => Array.from({ length: 5 }, (_unused, n) => `kept ${when} ${String(i)}-${String(n)}`));
    const calls = names.map((name, i) => clerks[i % clerks.length]!.contract.submitTransaction('Put', '', name, name));
    const settling = settle(calls);
    await moment(calls);
    await network().kill(SUBMITTER);
    const settled = await settling;
    expect(settled.filter((each) => each !== '' && each !== 'COMMIT_UNKNOWN')).toEqual([]);
    const acknowledged = names.filter((_name, i) => settled[i] === '');
    expect(await Promise.all(acknowledged.map(get))).toEqual(acknowledged);
    await clerks[1]!.contract.submitTransaction('Put', '', 'without', '1');
    await network().restart(SUBMITTER);
    // A connection that was lost is tried again after a while; until then requests go directly.
    await expect.poll(async () => {
      await clerks[1]!.contract.submitTransaction('Put', '', 'with', '1');
      return (await counted()).items;
    }, { timeout: 60_000, interval: 500 }).toBeGreaterThan(0);
  }, TIMEOUT_MS);
});
