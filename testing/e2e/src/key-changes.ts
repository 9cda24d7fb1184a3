import { setTimeout as sleep } from 'node:timers/promises';
import { openNextEpochs, revokeParties, type Contract, type ExecutedTransaction } from '@selvedge/client';
import { openPolicySession, type DevNetwork } from '@selvedge/dev-network';
import { isSelvedgeError } from '@selvedge/errors';
import { CHANNEL_EPOCH, newestEpoch, verifySignedProfile, type FactUpdate } from '@selvedge/policy';
import { expect } from 'vitest';
import { endorseUntilRefused } from './endorse-until-refused.js';

const PATIENCE = { timeout: 120_000, interval: 50 };
const PAUSE_MS = 50;
const BATCHING = { maxBatch: 8, maxBatchDelayMs: 20 };

/** Requests that run while something changes; each must commit. */
export interface Load {
  /** Resolves when every lane has committed something that it began after this call; rejects as soon as one fails. */
  everyLaneGoesOn(): Promise<void>;
  /** Resolves when all lanes have ended; rejects if one failed. */
  stop(): Promise<void>;
}

/** @param stones one lane for each; they exist */
export function startLoad(contract: Contract, stones: readonly string[]): Load {
  const stopped = new AbortController();
  const commits = stones.map(() => 0);
  const lane = async (id: string, number: number): Promise<void> => {
    for (let price = 2; !stopped.signal.aborted; price += 1) {
      await contract.submit('SetPrice', { arguments: [id], transientData: { price: String(price) } });
      commits[number]! += 1;
    }
  };
  const lanes = Promise.all(stones.map(lane));
  lanes.catch(() => undefined); // awaited below; a failure must not end the process before
  return {
    async everyLaneGoesOn() {
      const before = [...commits];
      // The first may have begun before.
      await Promise.race([expect.poll(() => commits.every((count, number) => count >= before[number]! + 2), PATIENCE).toBe(true), lanes]);
    },
    async stop() {
      stopped.abort();
      await lanes;
    },
  };
}

/** Several loads as one. */
function together(loads: readonly Load[]): Load {
  return {
    everyLaneGoesOn: async () => { await Promise.all(loads.map((load) => load.everyLaneGoesOn())); },
    stop: async () => { await Promise.all(loads.map((load) => load.stop())); },
  };
}

/**
 * Rotates all keys twice in a row and revokes a compute node while requests run: none fails, and what the revoked node
 * ran before is not endorsed any more. Two of the loaded stones are changed by requests that go alone, the others in batches.
 * @param stones the first one is left alone by the load
 */
export async function changeKeysUnderLoad(network: DevNetwork, contract: Contract, stones: readonly string[]): Promise<void> {
  const broker = () => ({ connectionProfile: network.connectionProfile(), profile: verifySignedProfile(network.signedProfile), now: new Date() });
  const session = openPolicySession(broker());
  const [own = '', ...loaded] = stones;
  const keys = [CHANNEL_EPOCH, contract.name];
  const change = async (changes: FactUpdate[]): Promise<void> => {
    const { organisations } = broker().profile.message;
    await session.change(changes, await Promise.all(organisations.map(({ mspId }) => network.identity(mspId, 'Admin'))));
  };
  const epochs = async (): Promise<bigint[]> => {
    const view = await session.view();
    return keys.map((name) => newestEpoch(view, name));
  };
  const { mspId } = broker().profile.message.organisations[0]!;
  const batching = await network.connect(mspId, { batching: { [contract.name]: BATCHING } });
  const batched = batching.getNetwork(network.connectionProfile().channel).getContract(contract.name);
  const load = together([startLoad(contract, loaded.slice(0, 2)), startLoad(batched, loaded.slice(2))]);
  try {
    const first = await epochs();
    await load.everyLaneGoesOn();
    const overtaken = contract.newProposal('SetPrice', { arguments: [own], transientData: { price: '999' } });
    await overtaken.execute();
    // Whoever began before the first of them finds that its epoch is retired.
    for (let i = 0; i < 2; i += 1) await change(await whenCaughtUp(async () => openNextEpochs(broker(), await session.view(), keys)));
    expect(await epochs()).toEqual(first.map((epoch) => epoch + 2n));
    await load.everyLaneGoesOn();
    // Built on the new keys it is the same request to whoever ran it before.
    await (await (await (await overtaken.execute()).endorse()).submit()).verifyCommitted();

    const other = await network.addComputeNode();
    const executed = await untilExecutedBy(other.name, () => contract.newProposal('SetPrice', { arguments: [own], transientData: { price: '1000' } }).execute());
    const revocation = { nodes: [other.name], platforms: [], measurements: [], epochs: [], reason: 'test' };
    await change(await whenCaughtUp(async () => revokeParties(broker(), await session.view(), revocation)));
    await expect(endorseUntilRefused(executed)).rejects.toMatchObject({ code: 'TEE_REVOKED' });
    expect(await epochs()).toEqual(first.map((epoch) => epoch + 3n));
    await load.everyLaneGoesOn();
    const kept = await contract.newProposal('SetPrice', { arguments: [own], transientData: { price: '1001' } }).execute();
    expect(kept.executedBy).not.toContain(other.name);
    await (await (await kept.endorse()).submit()).verifyCommitted();
    await network.removeComputeNode(other.name, 'SIGKILL');
    await load.everyLaneGoesOn();
  } finally {
    session.close();
    await load.stop().finally(() => { batching.close(); });
  }
  expect(JSON.parse(new TextDecoder().decode(await contract.evaluateTransaction('PriceOf', own)))).toMatchObject({ price: 1001 });
}

/** The broker offers the epoch after the newest that it has seen: it may be a block behind. */
export async function whenCaughtUp<T>(run: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + PATIENCE.timeout; ; ) {
    try {
      return await run();
    } catch (error) {
      if (!isSelvedgeError(error, 'VIEW_BEHIND') || performance.now() > deadline) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

async function untilExecutedBy(node: string, execute: () => Promise<ExecutedTransaction>): Promise<ExecutedTransaction> {
  let executed = await execute();
  await expect
    .poll(async () => {
      executed = await execute();
      return executed.executedBy;
    }, PATIENCE)
    .toEqual([node]);
  return executed;
}
