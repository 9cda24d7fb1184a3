import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeInfo } from '@selvedge/dev-network';
import { repetitions } from '@selvedge/fixtures';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ledgerHeads, missingCommits } from '../src/crash/checks.js';
import { readJournal, type StoneJournal } from '../src/crash/journal.js';
import { createWorker, type Worker } from '../src/crash/workers.js';
import { fabricMissing } from '../src/fabric.js';
import { validTransactions } from '../src/fabric/delivered.js';
import { DIAMONDS, startTestNetwork, stone, text, type TestNetwork } from '../src/network.js';

/**
 * kill -9 of every role of a network on Hyperledger Fabric, at any moment, under load. Whoever died is started again;
 * nobody else is told. Afterwards each acknowledged commit must be at its owner with its packet, and all must have the
 * same blocks.
 */
const KILLS_PER_ROLE = repetitions({ ordinary: 4, soak: 20 });
const STONES = [
  ['AuroraMSP', ['CRASH-A1']],
  ['AuroraMSP', ['CRASH-A2']],
  ['BorealisMSP', ['CRASH-B1']],
  ['BorealisMSP', ['CRASH-B2']],
  // Several: in batches.
  ['CelestaMSP', ['CRASH-C1', 'CRASH-C2']],
] as const;
const OWNERS = [...new Set(STONES.map(([mspId]) => mspId))];
const ENDORSERS = ['NorthMSP', 'SouthMSP', 'EastMSP'];
const PROGRESS_TIMEOUT_MS = 120_000;

type IsOfRole = (node: NodeInfo) => boolean;
const isEndorsers = ({ mspId }: NodeInfo): boolean => ENDORSERS.includes(mspId);

/** Two kills at a time, one of each column: the load has to go on in between, or they would hit an idle network. */
const ROLES: readonly (readonly (readonly [string, IsOfRole])[])[] = [
  [
    ['owner’s peer', (node) => node.service === 'peer' && !isEndorsers(node)],
    ['endorser’s peer', (node) => node.service === 'peer' && isEndorsers(node)],
    ['orderer', ({ service }) => service === 'orderer'],
  ],
  [
    ['endorsement chaincode', ({ service }) => service === 'endorsement-chaincode'],
    ['policy chaincode', (node) => node.service === 'policy-chaincode' && isEndorsers(node)],
    ['business node', ({ service }) => service === 'business'],
    ['compute node', ({ service }) => service === 'compute'],
  ],
];

describe.skipIf(fabricMissing() !== undefined)('kill -9 under load, on Hyperledger Fabric', () => {
  let test: TestNetwork;
  let workers: Worker[] = [];
  const deaths: Record<string, number> = {};
  /** Requests that were under way at each death. */
  const loads: number[] = [];
  let longestPauseMs = 0;

  const journals = (): StoneJournal[] => workers.flatMap((worker) => [...worker.journals.values()].map(readJournal));
  const acknowledged = (): number => journals().reduce((sum, { commits }) => sum + commits, 0);

  const underWay = (): number => workers.filter((worker) => [...worker.journals.values()].some((journal) => readJournal(journal).isWaiting)).length;

  /** The network works again, by itself: some commit was acknowledged since. */
  const awaitProgress = async (since: number, after: string): Promise<void> => {
    const start = performance.now();
    while (acknowledged() <= since) {
      if (performance.now() - start > PROGRESS_TIMEOUT_MS) throw new Error(`no commit was acknowledged for ${String(PROGRESS_TIMEOUT_MS)} ms after ${after}`);
      await sleep(20);
    }
    longestPauseMs = Math.max(longestPauseMs, performance.now() - start);
  };

  /** Every stone's writer goes on: one whose transaction died with the orderer, or twice so, hands it in again after a while. */
  const awaitEveryStone = async (): Promise<void> => {
    const before = journals().map(({ commits }) => commits);
    await expect.poll(() => journals().every(({ commits }, i) => commits > before[i]!), { timeout: PROGRESS_TIMEOUT_MS, interval: 20 }).toBe(true);
  };

  const killRoles = async (roles: (typeof ROLES)[number]): Promise<void> => {
    for (let kill = 0; kill < KILLS_PER_ROLE * roles.length; kill += 1) {
      const [role, isOfRole] = roles[kill % roles.length]!;
      const candidates = test.network.nodes().filter(isOfRole);
      const { name } = candidates[Math.floor(kill / roles.length) % candidates.length]!;
      await sleep(randomInt(0, 100));
      loads.push(underWay());
      await test.network.kill(name);
      deaths[role] = (deaths[role] ?? 0) + 1;
      const before = acknowledged();
      await test.network.restart(name);
      await awaitProgress(before, `the death of ${name}`);
    }
  };

  beforeAll(async () => {
    test = await startTestNetwork({ ledger: 'fabric', computeNodes: 2 });
    await test.network.deploy(DIAMONDS);
    const { channel } = test.network.connectionProfile();
    for (const [mspId, ids] of STONES) {
      const gateway = await test.network.connect(mspId);
      await gateway.getNetwork(channel).getContract('diamonds').submit('LoadStones', { transientData: { stones: JSON.stringify(ids.map((id) => stone(id, 1))) } });
      gateway.close();
    }
    workers = STONES.map(([mspId, ids]) => createWorker(test.directory, mspId, ids));
    for (const worker of workers) worker.start();
    await awaitProgress(0, 'the start');
  });

  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.kill()));
    await test.end();
  });

  it(`${String(KILLS_PER_ROLE)} times each role`, { timeout: 1_500_000 }, async () => {
    const start = performance.now();
    await Promise.all(ROLES.map(killRoles));
    await awaitEveryStone();
    await Promise.all(workers.map((worker) => worker.kill()));

    const seconds = Math.round((performance.now() - start) / 1_000);
    const refusals = journals().map(({ refusals }) => refusals);
    console.log(`deaths: ${JSON.stringify(deaths)} in ${String(seconds)} s; longest wait for a commit after a restart: ${String(Math.round(longestPauseMs))} ms; requests under way at a death: ${String(Math.min(...loads))} of ${String(workers.length)} at least`);
    console.log(`acknowledged commits: ${String(acknowledged())}; refusals: ${JSON.stringify(refusals)}`);
    expect(Object.keys(deaths).sort()).toEqual(ROLES.flat().map(([role]) => role).sort());
    expect(new Set(Object.values(deaths))).toEqual(new Set([KILLS_PER_ROLE]));
    // A worker is without a request for the moment only in which it writes its journal; those of one block do so together.
    expect(loads.filter((load) => load >= workers.length / 2).length).toBeGreaterThan(loads.length * 0.9);
    // Nobody may be told of anything but processes that were away: each stone has one writer, so there is no conflict.
    const away = ['COMMIT_UNKNOWN', 'UNAVAILABLE', 'TIMEOUT'];
    expect(refusals.flatMap((codes) => Object.keys(codes)).filter((code) => !away.includes(code))).toEqual([]);
  });

  it('every acknowledged commit is at its owner, and every stone has its last acknowledged price or a later try', async () => {
    const { channel } = test.network.connectionProfile();
    for (const { mspId, journals: byStone } of workers) {
      const gateway = await test.network.connect(mspId);
      for (const [id, file] of byStone) {
        const journal = readJournal(file);
        expect(journal.commits, id).toBeGreaterThan(0);
        expect(await missingCommits(test.network, mspId, journal.acknowledged)).toEqual([]);
        const { price } = JSON.parse(text(await gateway.getNetwork(channel).getContract('diamonds').evaluateTransaction('PriceOf', id))) as { price: number };
        expect(price).toBeGreaterThanOrEqual(journal.lastAcknowledged);
        expect(price).toBeLessThanOrEqual(journal.lastTried);
      }
      gateway.close();
    }
  });

  it('all followers have the same last block, and no owner lacks a packet of any valid transaction, acknowledged or not', async () => {
    await expect.poll(async () => new Set(await ledgerHeads(test.network)).size, { timeout: 120_000, interval: 200 }).toBe(1);
    const [head = ''] = await ledgerHeads(test.network);
    for (const mspId of OWNERS) {
      const committed = await validTransactions(test.network, mspId, 'diamonds', BigInt(head.split(' ')[0]!));
      expect(committed.length).toBeGreaterThanOrEqual(acknowledged());
      expect(await missingCommits(test.network, mspId, committed)).toEqual([]);
    }
  });
});
