import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFollower, openLedgerStore, openSequencer, type Follower, type Sequencer } from '@selvedge/embedded-ledger';
import { createTestBootstrap, createTestGenesis, ORDERER_MSP_ID, type TestConsortium } from '@selvedge/fixtures';
import type { LedgerUnderTest } from './ports.js';

const WAIT_MS = 10_000;

/** The embedded ledger: a sequencer and followers in this process, each with a store of its own. */
export async function createEmbeddedLedger(consortium: TestConsortium, followerCount = 3): Promise<LedgerUnderTest> {
  const directory = mkdtempSync(path.join(tmpdir(), 'selvedge-ledger-'));
  const genesis = createTestGenesis(consortium);
  let sequencer: Sequencer;
  const followers: Follower[] = [];

  const startSequencer = async (): Promise<void> => {
    const { network, channel } = consortium;
    sequencer = await openSequencer({ store: openLedgerStore({ directory: path.join(directory, 'sequencer') }), signer: consortium.organisation(ORDERER_MSP_ID).orderer.signer, genesis, network, channel });
  };
  const startFollower = (index: number): Follower => {
    const follower = openFollower({
      store: openLedgerStore({ directory: path.join(directory, `follower-${String(index)}`) }),
      profile: consortium.profile,
      blocks: (from, signal) => sequencer.deliver(from, signal),
      role: 'business',
    });
    follower.start();
    return follower;
  };
  const order: LedgerUnderTest['order'] = (transactions) => Promise.all(transactions.map((transaction) => sequencer.submit(transaction)));
  const stop = async (): Promise<void> => {
    await Promise.all(followers.map((follower) => follower.close()));
    await sequencer.close();
  };

  await startSequencer();
  for (let i = 0; i < followerCount; i += 1) followers.push(startFollower(i));
  const [{ blockNumber } = { blockNumber: 0n }] = await order([createTestBootstrap(consortium)]);
  await Promise.all(followers.map((follower) => follower.waitForHeight(blockNumber + 1n, WAIT_MS)));

  return {
    followers,
    order,
    restart: async () => {
      await stop();
      await startSequencer();
      for (const index of followers.keys()) followers[index] = startFollower(index);
    },
    addFollower: () => {
      const follower = startFollower(followers.length);
      followers.push(follower);
      return Promise.resolve(follower);
    },
    close: async () => {
      await stop();
      rmSync(directory, { recursive: true });
    },
  };
}
