import { openPolicySession, type DevNetwork } from '@selvedge/dev-network';
import { revokeParties, type Contract } from '@selvedge/client';
import { newestEpoch, verifySignedProfile } from '@selvedge/policy';
import { parseCore } from '@selvedge/protocol';
import { expect } from 'vitest';
import { startLoad, whenCaughtUp } from './key-changes.js';
import { runCommand } from './run-command.js';

const PATIENCE = { timeout: 120_000, interval: 50 };

interface Stored {
  readonly newestEpoch: string;
  readonly left: string;
  readonly written: number;
}

/**
 * Has all entries of a contract, whose keys were rotated, re-encrypted by the operator's command while requests run, none of
 * which fails; then revokes every older epoch: nodes that start after that, and get none of their keys, read everything.
 * @param kept a stone that nobody has written since the rotation @param stones one lane of requests for each
 */
export async function reEncryptUnderLoad(network: DevNetwork, name: string, { kept, stones }: { readonly kept: string; readonly stones: readonly string[] }): Promise<void> {
  const keys = (command: string, ...options: string[]): ReturnType<typeof runCommand> => runCommand('--dir', network.directory, '--json', ...options, 'keys', command, '-n', name);
  const broker = { connectionProfile: network.connectionProfile(), profile: verifySignedProfile(network.signedProfile), now: new Date() };
  const session = openPolicySession(broker);
  // Against a key that is being re-encrypted a write may lose, as against any other write.
  const gateway = await network.connect('AuroraMSP', { retry: { attempts: 100 } });
  try {
    const contract = gateway.getNetwork(network.connectionProfile().channel).getContract(name);
    const newest = newestEpoch(await session.view(), name);
    await expect.poll(() => epochOf(contract, kept), PATIENCE).toBe(newest);
    const price = await priceOf(contract, kept);

    expect(await keys('re-encrypt', '--identity', 'AuroraMSP/User1')).toMatchObject({ code: 1, value: { error: { code: 'RE_ENCRYPTION_DENIED', role: 'compute' } } });
    expect(await keys('re-encrypt', '--identity', 'NorthMSP/Admin')).toMatchObject({ code: 1, value: { error: { code: 'RE_ENCRYPTION_DENIED', role: 'compute' } } });
    const before = (await keys('epochs')).value as Stored;
    expect(before.newestEpoch).toBe(String(newest));
    expect(Number(before.left)).toBeGreaterThan(0);

    const load = startLoad(contract, stones);
    try {
      await load.everyLaneGoesOn();
      const { code, value } = await runCommand('--dir', network.directory, '--json', 'keys', 're-encrypt', '-n', name, '--keys-per-transaction', '2');
      expect({ code, value }).toMatchObject({ code: 0, value: { contract: name, newestEpoch: String(newest), left: '0', unreadable: '0' } });
      expect((value as Stored).written).toBeGreaterThan(0);
      await load.everyLaneGoesOn();
    } finally {
      await load.stop();
    }
    expect(await keys('re-encrypt')).toMatchObject({ code: 0, value: { written: 0, transactions: 0, left: '0' } });
    expect(await priceOf(contract, kept)).toEqual(price);

    const older = Array.from({ length: Number(newest) - 1 }, (_, i) => ({ contract: name, epoch: BigInt(i + 1) }));
    const revocation = await whenCaughtUp(async () => revokeParties(broker, await session.view(), { nodes: [], platforms: [], measurements: [], epochs: older, reason: 'nothing lies under them' }));
    await session.change(revocation, await Promise.all(broker.profile.message.organisations.map(({ mspId }) => network.identity(mspId, 'Admin'))));
    // A node that starts anew gets no key of an epoch that is revoked.
    for (const { name: node } of network.nodes().filter(({ service, running }) => service === 'compute' && running)) {
      await network.kill(node);
      await network.restart(node);
    }
    for (const id of stones) await priceOf(contract, id);
    expect(await priceOf(contract, kept)).toEqual(price);
    expect((await keys('epochs')).value).toMatchObject({ left: '0', unreadable: '0', stillWritable: [] });
  } finally {
    session.close();
    gateway.close();
  }
}

async function priceOf(contract: Contract, id: string): Promise<unknown> {
  return JSON.parse(new TextDecoder().decode(await contract.evaluateTransaction('PriceOf', id)));
}

/** Of the keys under which a request of this gateway would write now. */
async function epochOf(contract: Contract, id: string): Promise<bigint | undefined> {
  const { targetData } = await contract.newProposal('PriceOf', { arguments: [id] }).execute();
  return parseCore(targetData.cores[0] ?? new Uint8Array(0)).sections[0]?.keyEpoch;
}
