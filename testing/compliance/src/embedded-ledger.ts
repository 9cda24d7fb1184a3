import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { create } from '@bufbuild/protobuf';
import { openFollower, openLedgerStore, openSequencer, validationCodeName, type Follower, type Sequencer, type Submitted } from '@selvedge/embedded-ledger';
import { createEndorser } from '@selvedge/endorser';
import { isSelvedgeError } from '@selvedge/errors';
import { createReceipts, createTestBootstrap, createTestGenesis, createTestPolicyTransaction, encodePolicyTransaction, encodeTransaction, ORDERER_MSP_ID, type TestConsortium } from '@selvedge/fixtures';
import { facts } from '@selvedge/policy';
import { ContractPolicySchema, encodeMessage, EndorsedTransactionSchema, ReceiptSchema, type EndorsedTransaction } from '@selvedge/protocol';
import type { EndorsedUnderTest, LedgerUnderTest } from './ports.js';

const WAIT_MS = 10_000;

/** The embedded ledger: a sequencer and followers in this process, each with a store of its own. */
export interface EmbeddedLedgerUnderTest extends LedgerUnderTest {
  readonly followers: readonly Follower[];
  /** Orders Transaction bytes, whatever they are. */
  orderBytes(transactions: readonly Uint8Array[]): Promise<readonly Submitted[]>;
}

/** Starts the embedded ledger. Its endorsers are the real ones, on the first follower's state. */
export async function createEmbeddedLedger(consortium: TestConsortium, followerCount = 3): Promise<EmbeddedLedgerUnderTest> {
  const directory = mkdtempSync(path.join(tmpdir(), 'selvedge-ledger-'));
  const genesis = createTestGenesis(consortium);
  let sequencer: Sequencer;
  const followers: Follower[] = [];
  const bytes = new WeakMap<EndorsedUnderTest, Uint8Array>();

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
  const orderBytes: EmbeddedLedgerUnderTest['orderBytes'] = (transactions) => Promise.all(transactions.map((transaction) => sequencer.submit(transaction)));
  const settle = async (submitted: readonly Submitted[]): Promise<void> => {
    const height = submitted.reduce((most, { blockNumber }) => (blockNumber >= most ? blockNumber + 1n : most), 0n);
    await Promise.all(followers.map((follower) => follower.waitForHeight(height, WAIT_MS)));
  };
  const stop = async (): Promise<void> => {
    await Promise.all(followers.map((follower) => follower.close()));
    await sequencer.close();
  };

  await startSequencer();
  for (let i = 0; i < followerCount; i += 1) followers.push(startFollower(i));
  await settle(await orderBytes([createTestBootstrap(consortium)]));

  const changePolicy: LedgerUnderTest['changePolicy'] = async (changes, approvals) => {
    const policy = createTestPolicyTransaction(consortium, changes, followers[0]?.state, approvals);
    await settle(await orderBytes([encodePolicyTransaction(policy)]));
  };

  return {
    followers,
    orderBytes,
    endorse: async (target, endorsers) => {
      try {
        const transaction = await endorseAtAll(consortium, followers[0] as Follower, target.targetData, endorsers);
        const endorsed: EndorsedUnderTest = { ...target, refusal: undefined };
        bytes.set(endorsed, encodeTransaction(transaction));
        return endorsed;
      } catch (error) {
        if (!isSelvedgeError(error)) throw error;
        return { ...target, refusal: error.code };
      }
    },
    order: (transactions) => orderBytes(transactions.map((transaction) => bytes.get(transaction) as Uint8Array)),
    verdict: async ({ txId }, follower) => {
      const result = await (follower as Follower).waitForResult(txId, WAIT_MS);
      return result === undefined ? 'unknown' : validationCodeName(result.code);
    },
    changePolicy,
    changeContract: () => changePolicy([{ key: facts.contract(consortium.contract), value: encodeMessage(ContractPolicySchema, consortium.contractPolicy) }]),
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

async function endorseAtAll(consortium: TestConsortium, follower: Follower, targetData: EndorsedUnderTest['targetData'], mspIds: readonly string[]): Promise<EndorsedTransaction> {
  const endorsements = await Promise.all(
    mspIds.map((mspId) => createEndorser({ ledger: follower, signer: consortium.organisation(mspId).peer.signer, now: () => consortium.now }).endorse(targetData)),
  );
  const transaction = create(EndorsedTransactionSchema, {
    cores: targetData.cores,
    itemMask: targetData.itemMask,
    sealedEvents: targetData.attachments?.sealedEvents ?? [],
    teeSignatures: targetData.attachments?.teeSignatures ?? [],
    endorsementPayload: endorsements[0]?.payload ?? new Uint8Array(0),
    endorsements: endorsements.map(({ endorser, signature }) => ({ identity: endorser, signature })),
  });
  transaction.receipts = createReceipts(consortium, transaction).map((receipt) => create(ReceiptSchema, receipt));
  return transaction;
}
