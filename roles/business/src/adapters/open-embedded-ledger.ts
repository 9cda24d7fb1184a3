import { createBlockSource, openFollower, openLedgerStore } from '@selvedge/embedded-ledger';
import { Sequencer as SequencerService } from '@selvedge/protocol';
import { connectRpc } from '@selvedge/rpc';
import { stageTransaction } from '../stage.js';
import { applyBlock } from '../store/apply-block.js';
import { isOwnersSet } from '../domain/own-collections.js';
import { openHistoryStore } from '../store/history-store.js';
import { openPacketStore } from '../store/packet-store.js';
import { openPendingStore } from '../store/pending-store.js';
import { openLedgerPlaintext } from '../plaintext/open-plaintext.js';
import type { LedgerContext, OpenLedger } from './open-ledger.js';

/** The embedded ledger: blocks come from the sequencer, packets from clients. Throws what opening the store throws. */
export function openEmbeddedLedger({ sequencer }: { readonly sequencer: string }, context: LedgerContext): OpenLedger {
  const { signer, checkpoint, log } = context;
  const connection = connectRpc(sequencer, { tls: context.tls });
  const store = openLedgerStore({ directory: context.directory });
  const packets = openPacketStore(store);
  const pending = openPendingStore(store, context.pending);
  const history = openHistoryStore(store, { isKept: context.keepHistory ?? true });
  const plaintext = openLedgerPlaintext(store, { keeping: context.keeping, mspId: signer.mspId, state: () => follower.state, packets, packetWaitMs: 0, log });
  // A packet that was not staged before its block does not come at all.
  const { outbox, isPlaintext } = plaintext;
  const isOwn = (contract: string, ownerSet: string): boolean => isOwnersSet(follower.state, signer.mspId, contract, ownerSet);
  const follower = openFollower({
    store,
    profile: context.profile,
    blocks: createBlockSource(connection.client(SequencerService)),
    role: 'business',
    onApply: (block) => {
      applyBlock(block, { packets, pending, history, outbox, isPlaintext, isOwn, mspId: signer.mspId, log });
    },
    onCommitted: () => {
      plaintext.feed.wake();
    },
    checkpoint,
    log,
  });
  return {
    follower,
    packets,
    history,
    plaintext,
    // A transaction of this ledger gives every item its verdict, whatever that is.
    carrierRefusal: () => undefined,
    stage: (request) => stageTransaction(request, { ledger: follower, pending, signer, checkpoint }),
    start: () => {
      follower.start();
      plaintext.start();
    },
    close: async () => {
      await plaintext.close();
      await follower.close();
      connection.close();
    },
  };
}
