import { openNextEpochs, revokeParties, type Contract, type Gateway } from '@selvedge/client';
import { openPolicySession, type PolicySession } from '@selvedge/dev-network';
import { CHANNEL_EPOCH, facts, verifySignedProfile } from '@selvedge/policy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIAMONDS, startTestNetwork, stone, text, type TestNetwork } from './src/network.js';

/** Compute nodes are added and removed, gently and by SIGKILL, and keys rotated, while requests run: none is lost. */
describe('compute nodes and keys come and go', () => {
  const LANES = 6;
  let test: TestNetwork;
  let gateway: Gateway;
  let contract: Contract;
  let session: PolicySession;

  beforeAll(async () => {
    test = await startTestNetwork({ computeNodes: 1 });
    await test.network.deploy(DIAMONDS);
    gateway = await test.network.connect('AuroraMSP');
    session = openPolicySession(broker());
    contract = gateway.getNetwork(test.network.connectionProfile().channel).getContract('diamonds');
    const stones = Array.from({ length: LANES }, (_, lane) => stone(`GO-${String(lane)}`, 1));
    await contract.submit('LoadStones', { transientData: { stones: JSON.stringify(stones) } });
  });

  afterAll(async () => {
    session.close();
    gateway.close();
    await test.end();
  });

  const broker = () => ({ connectionProfile: test.network.connectionProfile(), profile: verifySignedProfile(test.network.signedProfile), now: new Date() });
  const change = async (changes: Parameters<PolicySession['change']>[0]): Promise<void> => {
    const { organisations } = broker().profile.message;
    await session.change(changes, await Promise.all(organisations.map(({ mspId }) => test.network.identity(mspId, 'Admin'))));
  };

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
    // New epochs of all keys, while requests run: those under way finish with the keys that they began with.
    for (const epoch of [2n, 3n]) {
      await change(await openNextEpochs(broker(), await session.view(), [CHANNEL_EPOCH, 'diamonds']));
      expect((await session.view()).fact(facts.epoch('diamonds', epoch))).toBeDefined();
      await takesPart(third.name);
    }
    stop.abort();
    await lanes;

    expect(executors).toEqual(new Set(['compute-1', second.name, third.name]));
    expect(Math.min(...committed)).toBeGreaterThan(1);
  });

  it('a revoked node: nothing that it ran is endorsed any more, requests go elsewhere, and all keys have new epochs', async () => {
    const other = await test.network.addComputeNode();
    const setPrice = (price: string) => contract.newProposal('SetPrice', { arguments: ['GO-0'], transientData: { price } }).execute();
    let executed = await setPrice('1000');
    await expect
      .poll(async () => {
        executed = await setPrice('1000');
        return executed.executedBy;
      }, { timeout: 60_000, interval: 50 })
      .toEqual([other.name]);
    await change(await revokeParties(broker(), await session.view(), { nodes: [other.name], platforms: [], measurements: [], epochs: [], reason: 'test' }));
    await expect(executed.endorse()).rejects.toMatchObject({ code: 'TEE_REVOKED' });
    const after = await session.view();
    expect([CHANNEL_EPOCH, 'diamonds'].map((name) => after.fact(facts.epoch(name, 4n)) !== undefined)).toEqual([true, true]);
    // Clients see the revocation with their next view; from then on nothing goes to the node.
    await expect.poll(async () => (await setPrice('1001')).executedBy.includes(other.name), { timeout: 60_000, interval: 100 }).toBe(false);
    const kept = await setPrice('1001');
    await (await (await kept.endorse()).submit()).verifyCommitted();
    expect(JSON.parse(text(await contract.evaluateTransaction('PriceOf', 'GO-0')))).toMatchObject({ price: 1001 });
  });
});
