import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { NodeInfo, ServiceName } from '@selvedge/dev-network';
import { repetitions } from '@selvedge/fixtures';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ledgerHeads, missingCommits } from './src/crash/checks.js';
import { idsOf, readIds, readJournal, type StoneJournal } from './src/crash/journal.js';
import { CRASH_POINTS } from './src/crash/points.js';
import { createWorker, type Worker } from './src/crash/workers.js';
import { DIAMONDS, startTestNetwork, stone, text, type TestNetwork } from './src/network.js';

/**
 * kill -9 of every role under load. Every other death comes at a named point: before or after a sync, a send or an
 * acknowledgement. Afterwards each acknowledged commit must be there, and all ledgers must have the same head.
 */
const KILLS_PER_ROLE = repetitions({ ordinary: 10, soak: 50 });
const PAIRS = fileURLToPath(new URL('contracts/pairs', import.meta.url));
const STONES = [
  ['AuroraMSP', ['CRASH-A']],
  // Several: in batches.
  ['BorealisMSP', ['CRASH-B', 'CRASH-C']],
] as const;
/** In batches whose items rest on each other. */
const PAIRED = ['CelestaMSP', ['PAIR-A', 'PAIR-B', 'PAIR-C'], 'pairs'] as const;
const PROGRESS_TIMEOUT_MS = 8_000;
/** A node that has restarted on a busy machine takes some seconds to come to a point. */
const POINT_TIMEOUT_MS = 6_000;

describe('kill -9 under load', () => {
  let test: TestNetwork;
  let workers: Worker[] = [];
  const deaths: Record<string, number> = {};

  const nodes = (service: ServiceName): readonly NodeInfo[] => test.network.nodes().filter((node) => node.service === service);
  const journals = (): StoneJournal[] => workers.flatMap((worker) => [...worker.journals.values()].map(readJournal));
  const acknowledged = (): number => journals().reduce((sum, { commits }) => sum + commits, 0);

  /** Load goes on: waits until some commit was acknowledged since, so that kills hit a working network. */
  const awaitProgress = async (since: number): Promise<void> => {
    const end = performance.now() + PROGRESS_TIMEOUT_MS;
    while (acknowledged() <= since && performance.now() < end) await sleep(20);
  };

  const killAtPoint = async (name: string, point: string): Promise<boolean> => {
    await test.network.kill(name);
    await test.network.restart(name, { environment: { SELVEDGE_CRASH_AT: `${point}:${String(randomInt(1, 3))}` } }).catch(() => undefined); // it may die at its start
    const end = performance.now() + POINT_TIMEOUT_MS;
    while (test.network.node(name).running && performance.now() < end) await sleep(10);
    return !test.network.node(name).running;
  };

  const killRole = async (service: ServiceName): Promise<void> => {
    const points = CRASH_POINTS[service];
    for (let kill = 0; kill < KILLS_PER_ROLE; kill += 1) {
      const before = acknowledged();
      const candidates = nodes(service);
      const { name } = candidates[kill % candidates.length] as NodeInfo;
      const point = points[Math.floor(kill / 2) % points.length] as string;
      const atPoint = kill % 2 === 1 && (await killAtPoint(name, point));
      if (!atPoint) {
        await sleep(randomInt(0, 100));
        await test.network.kill(name);
      }
      const what = atPoint ? point : `${service} at any moment`;
      deaths[what] = (deaths[what] ?? 0) + 1;
      await test.network.restart(name);
      await awaitProgress(before);
    }
  };

  const killClients = async (): Promise<void> => {
    for (let kill = 0; kill < KILLS_PER_ROLE; kill += 1) {
      const worker = workers[kill % workers.length] as Worker;
      const before = acknowledged();
      await sleep(randomInt(200, 600));
      await worker.kill();
      worker.start();
      await awaitProgress(before);
    }
  };

  beforeAll(async () => {
    test = await startTestNetwork({ computeNodes: 2, readyTimeoutMs: 60_000 });
    await test.network.deploy(DIAMONDS);
    for (const [mspId, ids] of STONES) {
      const gateway = await test.network.connect(mspId);
      await gateway.getNetwork(test.network.connectionProfile().channel).getContract('diamonds').submit('LoadStones', { transientData: { stones: JSON.stringify(ids.map((id) => stone(id, 1))) } });
      gateway.close();
    }
    await test.network.deploy(PAIRS);
    workers = [...STONES.map(([mspId, ids]) => createWorker(test.directory, mspId, ids)), createWorker(test.directory, ...PAIRED)];
    for (const worker of workers) worker.start();
    await awaitProgress(0);
  });

  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.kill()));
    await test.end();
  });

  it(`${String(KILLS_PER_ROLE)} times each role, the sequencer and the client`, { timeout: 1_500_000 }, async () => {
    // Two at a time: the load must be able to go on between deaths, or they would hit an idle network.
    await Promise.all([killRole('sequencer'), killRole('endorser')]);
    await Promise.all([killRole('business'), killClients()]);
    await Promise.all([killRole('compute'), killRole('key-broker')]);
    await awaitProgress(acknowledged()); // the network works on afterwards
    await Promise.all(workers.map((worker) => worker.kill()));

    console.log(`deaths: ${JSON.stringify(deaths)}`);
    console.log(`acknowledged commits: ${String(acknowledged())}; refusals: ${JSON.stringify(journals().map(({ refusals }) => refusals))}`);
    expect(acknowledged()).toBeGreaterThan(KILLS_PER_ROLE);
    // Viewers do not run here, and have no points.
    for (const points of Object.values(CRASH_POINTS).filter(({ length }) => length > 0)) expect(points.some((point) => (deaths[point] ?? 0) > 0)).toBe(true);
  });

  it('every acknowledged commit is at its owner, and every stone has its last acknowledged price or a later try', async () => {
    for (const { mspId, journals: byStone } of workers.filter(({ contract }) => contract === 'diamonds')) {
      const gateway = await test.network.connect(mspId);
      const contract = gateway.getNetwork(test.network.connectionProfile().channel).getContract('diamonds');
      for (const [id, file] of byStone) {
        const journal = readJournal(file);
        expect(journal.commits, id).toBeGreaterThan(0);
        expect(await missingCommits(test.network, mspId, journal.acknowledged)).toEqual([]);
        const { price } = JSON.parse(text(await contract.evaluateTransaction('PriceOf', id))) as { price: number };
        expect(price).toBeGreaterThanOrEqual(journal.lastAcknowledged);
        expect(price).toBeLessThanOrEqual(journal.lastTried);
      }
      gateway.close();
    }
  });

  it('every item of a batch is there wholly or not at all, once at most, as the verdict on its id says', async () => {
    const [mspId, names, contractName] = PAIRED;
    const gateway = await test.network.connect(mspId);
    const contract = gateway.getNetwork(test.network.connectionProfile().channel).getContract(contractName);
    const committed: string[] = [];
    for (const name of names) {
      const journal = readJournal(workers.find((worker) => worker.contract === contractName)?.journals.get(name) ?? '');
      const written = JSON.parse(text(await contract.evaluateTransaction('Prices', name))) as { readonly price: number; readonly txId: string; readonly ledgerTxId: string }[];
      const prices = written.map(({ price }) => price);
      expect(prices, name).toEqual(expect.arrayContaining([...journal.acknowledgedPrices]));
      expect(prices.filter((price) => journal.refusedPrices.includes(price) || price > journal.lastTried), name).toEqual([]);
      expect(new Set(prices).size, name).toBe(prices.length);
      expect(written.map(({ txId }) => txId), name).toEqual(written.map(({ ledgerTxId }) => ledgerTxId));
      // At this owner alone, beside what all have.
      const [newest] = written;
      expect(JSON.parse(text(await contract.evaluateTransaction('Twin', name))), name).toEqual({ price: newest?.price, txId: newest?.txId });
      committed.push(...written.map(({ txId }) => txId));
    }
    // No item was lost out of the row in which each goes on from the one before.
    expect(Number(text(await contract.evaluateTransaction('Count')))).toBe(committed.length);
    const executed = readIds(idsOf(`${test.directory}/network.json`, contractName));
    const notCommitted = new Set(await missingCommits(test.network, mspId, executed, 0));
    expect(executed.filter((txId) => !notCommitted.has(txId)).sort()).toEqual([...committed].sort());
    gateway.close();
  });

  it('the ledgers of all endorsers and business nodes have the same head', async () => {
    await expect.poll(async () => new Set(await ledgerHeads(test.network)).size, { timeout: 120_000, interval: 200 }).toBe(1);
  });
});
