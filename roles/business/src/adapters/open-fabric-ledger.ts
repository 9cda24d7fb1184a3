import { toHex } from '@selvedge/crypto';
import { openLedgerStore } from '@selvedge/embedded-ledger';
import { SelvedgeError } from '@selvedge/errors';
import { connectToPeer, createFabricBlockSource, openFabricFollower, type FabricBlockSource, type PeerConnectionOptions } from '@selvedge/fabric-network/follower';
import { ValidationCode } from '@selvedge/protocol';
import { isOwnersCollection } from '../domain/own-collections.js';
import { takenOverCollections } from '../domain/taken-over.js';
import { createLegacyFeed } from '../fabric/legacy-feed.js';
import { openLegacyStore } from '../store/legacy-store.js';
import { createGapFiller, type GapFillerOptions } from '../fabric/gap-filler.js';
import { applyFabricBlock } from '../store/apply-fabric-block.js';
import { openGapStore } from '../store/gap-store.js';
import { openHistoryStore } from '../store/history-store.js';
import { openPacketStore } from '../store/packet-store.js';
import { openLedgerPlaintext } from '../plaintext/open-plaintext.js';
import type { LedgerContext, OpenLedger } from './open-ledger.js';

/** A Fabric channel, through the organisation's own peer. */
export interface FabricLedgerOptions {
  readonly peer: PeerConnectionOptions;
  readonly policyChaincode?: string | undefined;
  readonly retry?: GapFillerOptions['retry'];
  /** How long tables of plaintext wait for packets that the peer has not got; default 10,000. */
  readonly packetWaitMs?: number | undefined;
}

const PACKET_WAIT_MS = 10_000;

/** Follows a Fabric channel: packets come as the private data of its blocks. Throws what opening store or connection throws. */
export function openFabricLedger(options: FabricLedgerOptions, context: LedgerContext): OpenLedger {
  const connection = connectToPeer(options.peer);
  const blocks = createFabricBlockSource({ connection, channel: context.profile.message.channel, signer: context.signer, now: context.now, withPrivateData: true });
  const ledger = followFabric(blocks, options, context);
  return {
    ...ledger,
    close: async () => {
      await ledger.close();
      connection.close();
    },
  };
}

/** The same, from any source of blocks. */
export function followFabric(blocks: FabricBlockSource, { policyChaincode, retry, packetWaitMs = PACKET_WAIT_MS }: Omit<FabricLedgerOptions, 'peer'>, context: LedgerContext): OpenLedger {
  const { checkpoint, log } = context;
  const { mspId } = context.signer;
  const store = openLedgerStore({ directory: context.directory });
  const packets = openPacketStore(store);
  const gaps = openGapStore(store);
  const history = openHistoryStore(store, { isKept: context.keepHistory ?? true });
  const plaintext = openLedgerPlaintext(store, { keeping: context.keeping, mspId, state: () => follower.state, packets, packetWaitMs, log });
  const { outbox, isPlaintext } = plaintext;
  const isOwn = (contract: string, collection: string): boolean => isOwnersCollection(follower.state, mspId, contract, collection);
  let superseded: Uint8Array[] = [];
  const follower = openFabricFollower({
    store,
    profile: context.profile,
    blocks,
    policyChaincode,
    role: 'business',
    wantsPrivateData: isOwn,
    onApply: (block) => {
      superseded = applyFabricBlock(block, { packets, gaps, history, outbox, isPlaintext, isOwn, log });
    },
    onCommitted: () => {
      for (const txId of superseded) follower.notifyResult(txId);
      if (gaps.count > 0) filler.wake();
      plaintext.feed.wake();
      legacyFeed.wake();
    },
    // A commit is acknowledged when its packets are here, and on disk.
    isComplete: (txId, { code }) => code !== ValidationCode.VALID || !gaps.isIncomplete(txId),
    checkpoint,
    log,
  });
  const legacy = openLegacyStore(store);
  const legacyFeed = createLegacyFeed({ store, legacy, blocks, collections: () => takenOverCollections(follower.state, mspId), height: () => follower.state.height, log, retry });
  const filler = createGapFiller({
    store,
    gaps,
    packets,
    history,
    plaintext: { outbox, isPlaintext, nextBlock: () => follower.state.height },
    blocks,
    onFilled: (txId) => {
      follower.notifyResult(txId);
    },
    onRound: () => {
      plaintext.feed.wake();
    },
    log,
    retry,
  });
  return {
    follower,
    packets,
    history,
    plaintext,
    legacy: { value: (place) => legacy.value(place), progress: (timeoutMs) => legacyFeed.progress(timeoutMs) },
    carrierRefusal: (txId) => {
      const result = follower.fabricResult(toHex(txId));
      return result === undefined || result.code === ValidationCode.VALID ? undefined : result;
    },
    stage: () => Promise.reject(new SelvedgeError('FEATURE_UNSUPPORTED', 'packets are not staged on a Fabric ledger: endorsing peers give them to the owners’ peers')),
    start: () => {
      follower.start();
      plaintext.start();
      if (gaps.count > 0) filler.wake();
      legacyFeed.wake();
    },
    close: async () => {
      await filler.close();
      await legacyFeed.close();
      await plaintext.close();
      await follower.close();
    },
  };
}
