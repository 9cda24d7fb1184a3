import type { Contract, Gateway } from '@selvedge/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeKeysUnderLoad } from './src/key-changes.js';
import { reEncryptUnderLoad } from './src/re-encryption.js';
import { DIAMONDS, startTestNetwork, stone, text, type TestNetwork } from './src/network.js';

/** Compute nodes are added and removed, gently and by SIGKILL, and keys rotated, while requests run: none is lost. */
describe('compute nodes and keys come and go', () => {
  const LANES = 6;
  let test: TestNetwork;
  let gateway: Gateway;
  let contract: Contract;

  beforeAll(async () => {
    test = await startTestNetwork({ computeNodes: 1 });
    await test.network.deploy(DIAMONDS);
    gateway = await test.network.connect('AuroraMSP');
    contract = gateway.getNetwork(test.network.connectionProfile().channel).getContract('diamonds');
    const stones = [...Array.from({ length: LANES }, (_, lane) => stone(`GO-${String(lane)}`, 1)), stone('KEPT')];
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

    /** A node takes part: requests ran on it, and every lane committed something since it came. */
    const takesPart = async (node: string): Promise<void> => {
      const before = [...committed];
      await Promise.race([expect.poll(() => executors.has(node) && committed.every((price, number) => price > before[number]!), { timeout: 60_000, interval: 50 }).toBe(true), lanes]);
    };

    await takesPart('compute-1');
    const second = await test.network.addComputeNode();
    await takesPart(second.name);
    await test.network.removeComputeNode('compute-1', 'SIGTERM');
    await takesPart(second.name);
    const third = await test.network.addComputeNode();
    await takesPart(third.name);
    await test.network.removeComputeNode(second.name, 'SIGKILL');
    await takesPart(third.name);
    stop.abort();
    await lanes;

    expect(executors).toEqual(new Set(['compute-1', second.name, third.name]));
    expect(Math.min(...committed)).toBeGreaterThan(1);
  });

  it('keys are rotated and a node revoked, while requests run: none is lost, and nothing that the revoked node ran is endorsed', async () => {
    await changeKeysUnderLoad(test.network, contract, Array.from({ length: LANES }, (_, lane) => `GO-${String(lane)}`));
  });

  it('what lies under older keys is re-encrypted while requests run; then nothing needs the older keys any more', async () => {
    await reEncryptUnderLoad(test.network, 'diamonds', { kept: 'KEPT', stones: ['GO-0', 'GO-1', 'GO-2'] });
  });
});
