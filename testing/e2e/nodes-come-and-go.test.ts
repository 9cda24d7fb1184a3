import { setTimeout as sleep } from 'node:timers/promises';
import type { Contract, Gateway } from '@selvedge/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIAMONDS, startTestNetwork, stone, text, type TestNetwork } from './src/network.js';

/** Compute nodes are added and removed, gently and by SIGKILL, while requests run: none is lost. */
describe('compute nodes come and go', () => {
  const LANES = 6;
  let test: TestNetwork;
  let gateway: Gateway;
  let contract: Contract;

  beforeAll(async () => {
    test = await startTestNetwork({ computeNodes: 1 });
    await test.network.deploy(DIAMONDS);
    gateway = await test.network.connect('AuroraMSP');
    contract = gateway.getNetwork(test.network.connectionProfile().channel).getContract('diamonds');
    const stones = Array.from({ length: LANES }, (_, lane) => stone(`GO-${String(lane)}`, 1));
    await contract.submit('LoadStones', { transientData: { stones: JSON.stringify(stones) } });
  });

  afterAll(async () => {
    gateway.close();
    await test.end();
  });

  it('loses no request and no commit', async () => {
    const stop = new AbortController();
    const committed = Array.from({ length: LANES }, () => 1);
    const executors = new Set<string>();
    const lane = async (number: number): Promise<void> => {
      for (let price = 2; !stop.signal.aborted; price += 1) {
        const executed = await contract.newProposal('SetPrice', { arguments: [`GO-${String(number)}`], transientData: { price: String(price) } }).execute();
        for (const node of executed.executedBy) executors.add(node);
        await (await (await executed.endorse()).submit()).verifyCommitted();
        committed[number] = price;
        const answer = JSON.parse(text(await contract.evaluateTransaction('PriceOf', `GO-${String(number)}`))) as { price: number };
        expect(answer.price).toBe(price);
      }
    };
    const lanes = Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
    lanes.catch(() => undefined); // awaited below; a failure must not end the process before

    const second = await test.network.addComputeNode();
    await sleep(1_500);
    await test.network.removeComputeNode('compute-1', 'SIGTERM');
    await sleep(1_000);
    const third = await test.network.addComputeNode();
    await sleep(1_500);
    await test.network.removeComputeNode(second.name, 'SIGKILL');
    await sleep(1_500);
    stop.abort();
    await lanes;

    expect(executors).toEqual(new Set(['compute-1', second.name, third.name]));
    expect(Math.min(...committed)).toBeGreaterThan(1);
  });
});
