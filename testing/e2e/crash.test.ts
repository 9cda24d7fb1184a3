import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeInfo, ServiceName } from '@selvedge/dev-network';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ledgerHeads, missingCommits } from './src/crash/checks.js';
import { readJournal, type StoneJournal } from './src/crash/journal.js';
import { CRASH_POINTS } from './src/crash/points.js';
import { createWorker, type Worker } from './src/crash/workers.js';
import { DIAMONDS, startTestNetwork, stone, text, type TestNetwork } from './src/network.js';

/**
 * kill -9 of every role under load. Every other death comes at a named point: before or after a sync, a send or an
 * acknowledgement. Afterwards each acknowledged commit must be there, and all ledgers must have the same head.
 */
const KILLS_PER_ROLE = Number(process.env.SELVEDGE_TEST_KILLS ?? '50');
const STONES = [
  ['AuroraMSP', ['CRASH-A']],
  ['BorealisMSP', ['CRASH-B']],
  // Several: in batches.
  ['CelestaMSP', ['CRASH-C', 'CRASH-D', 'CRASH-E']],
] as const;
const PROGRESS_TIMEOUT_MS = 8_000;
const POINT_TIMEOUT_MS = 2_500;

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
    test = await startTestNetwork({ computeNodes: 2 });
    await test.network.deploy(DIAMONDS);
    for (const [mspId, ids] of STONES) {
      const gateway = await test.network.connect(mspId);
      await gateway.getNetwork(test.network.connectionProfile().channel).getContract('diamonds').submit('LoadStones', { transientData: { stones: JSON.stringify(ids.map((id) => stone(id, 1))) } });
      gateway.close();
    }
    workers = STONES.map(([mspId, ids]) => createWorker(test.directory, mspId, ids));
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
    for (const { mspId, journals: byStone } of workers) {
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

  it('the ledgers of all endorsers and business nodes have the same head', async () => {
    await expect.poll(async () => new Set(await ledgerHeads(test.network)).size, { timeout: 120_000, interval: 200 }).toBe(1);
  });
});
