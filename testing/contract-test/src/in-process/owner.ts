import path from 'node:path';
import { answerStateQuery, applyBlock, openHistoryStore, openPacketStore, openPendingStore, openPlaintextOutbox, stageTransaction, verifyStateQuery } from '@selvedge/business';
import { openFollower, openLedgerStore, type Follower, type Sequencer } from '@selvedge/embedded-ledger';
import type { TestConsortium } from '@selvedge/fixtures';
import type { Receipt, StageRequest } from '@selvedge/protocol';
import type { BusinessPort } from '@selvedge/tee-node';

/** An organisation's business node: it follows the ledger, and keeps the packets of what it owns. */
export interface Owner {
  readonly mspId: string;
  readonly follower: Follower;
  /** What compute nodes ask. */
  readonly port: BusinessPort;
  /** Keeps a transaction's packets until it is ordered. Throws what a business node refuses. */
  stage(request: StageRequest): Promise<Receipt>;
}

/** @param input.directory its store goes below it; isOwn: whether it owns a contract's owner set */
export function openOwner(input: {
  readonly mspId: string;
  readonly consortium: TestConsortium;
  readonly sequencer: Sequencer;
  readonly directory: string;
  readonly clock: () => Date;
  readonly isOwn: (contract: string, ownerSet: string) => boolean;
}): Owner {
  const { mspId, consortium, sequencer, directory, clock, isOwn } = input;
  const store = openLedgerStore({ directory: path.join(directory, mspId) });
  const packets = openPacketStore(store);
  const pending = openPendingStore(store);
  const history = openHistoryStore(store, { isKept: true });
  const outbox = openPlaintextOutbox(store);
  const follower = openFollower({
    store,
    profile: consortium.profile,
    blocks: (from, signal) => sequencer.deliver(from, signal),
    role: 'business',
    onApply: (block) => {
      applyBlock(block, { packets, pending, history, outbox, isPlaintext: () => false, isOwn, mspId });
    },
  });
  follower.start();
  const { signer } = consortium.organisation(mspId).peer;
  const port: BusinessPort = {
    mspId,
    address: 'in process',
    challengeReader: () => Promise.reject(new Error('nothing is kept in plaintext here')),
    admitReader: () => Promise.reject(new Error('nothing is kept in plaintext here')),
    queryState: async (signed) => {
      await Promise.resolve();
      const query = verifyStateQuery(signed, { facts: follower.state, profile: follower.profile(), mspId, at: clock() });
      return answerStateQuery(query, { ledger: follower.state, packets, history });
    },
  };
  return { mspId, follower, port, stage: (request) => stageTransaction(request, { ledger: follower, pending, signer }) };
}
