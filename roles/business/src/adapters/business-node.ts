import { createBlockSource, createFollowerHandlers, openFollower, openLedgerStore, type Checkpoint, type LedgerLog } from '@selvedge/embedded-ledger';
import { SelvedgeError } from '@selvedge/errors';
import type { Signer } from '@selvedge/identity';
import type { Profile } from '@selvedge/policy';
import {
  Business as BusinessService, BusinessLedger as BusinessLedgerService, Follower as FollowerService, Sequencer as SequencerService,
} from '@selvedge/protocol';
import { connectRpc, implement, startRpcServer } from '@selvedge/rpc';
import { createAdmission } from '../admission.js';
import { answerCommitStatus } from '../commit-status.js';
import { answerStateQuery } from '../domain/answer-state-query.js';
import { verifyNodeIdentity } from '../domain/verify-node-identity.js';
import { verifyStateQuery } from '../domain/verify-state-query.js';
import { stageTransaction } from '../stage.js';
import { applyBlock } from '../store/apply-block.js';
import { openPacketStore } from '../store/packet-store.js';
import { openPendingStore, type PendingLimits } from '../store/pending-store.js';

export interface BusinessNodeOptions {
  /** host:port; port 0 lets the system choose. */
  readonly listen: string;
  /** Of the LMDB files: ledger state and packets. */
  readonly directory: string;
  /** Trust anchor: what block 0 must hold. */
  readonly profile: Profile;
  /** This organisation's peer identity. */
  readonly signer: Signer;
  /** The sequencer's address. */
  readonly sequencer: string;
  readonly now: () => Date;
  /** State queries and stage requests at once, each; default 512. */
  readonly maxInFlight?: number | undefined;
  readonly pending?: PendingLimits | undefined;
  readonly checkpoint?: Checkpoint | undefined;
  readonly log?: LedgerLog | undefined;
}

/** A listening business node. */
export interface BusinessNode {
  /** With the real port. */
  readonly address: string;
  close(): Promise<void>;
}

const DEFAULT_MAX_IN_FLIGHT = 512;

/** Opens the store, follows the sequencer and serves Business, BusinessLedger and Follower. Throws what opening, binding or a wrong identity throws. */
export async function startBusinessNode(options: BusinessNodeOptions): Promise<BusinessNode> {
  const { signer, checkpoint, log, now } = options;
  const { mspId } = signer;
  verifyNodeIdentity(signer, options.profile, now());
  const connection = connectRpc(options.sequencer);
  const store = openLedgerStore({ directory: options.directory });
  const packets = openPacketStore(store);
  const pending = openPendingStore(store, options.pending);
  const follower = openFollower({
    store,
    profile: options.profile,
    blocks: createBlockSource(connection.client(SequencerService)),
    role: 'business',
    onApply: (block) => {
      applyBlock(block, { packets, pending, mspId, log });
    },
    checkpoint,
    log,
  });
  const requireLedger = (): void => {
    if (follower.state.height === 0n) throw new SelvedgeError('NOT_READY', 'the business node has not received the ledger yet');
  };
  const maxInFlight = options.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT;
  const queries = createAdmission(maxInFlight);
  const stagings = createAdmission(maxInFlight);
  const staging = { ledger: follower, pending, signer, checkpoint };
  const business = implement(BusinessService, {
    queryState: (signed) =>
      queries.run(() => {
        requireLedger();
        const query = verifyStateQuery(signed, { facts: follower.state, profile: follower.profile(), mspId, at: now() });
        return answerStateQuery(query, { ledger: follower.state, packets });
      }),
  });
  const ledger = implement(BusinessLedgerService, {
    stage: (request) =>
      stagings.run(() => {
        requireLedger();
        return stageTransaction(request, staging);
      }),
    commitStatus: (request, { signal }) => answerCommitStatus(request, follower, signal, checkpoint),
  });
  const stop = async (): Promise<void> => {
    await follower.close();
    connection.close();
  };
  try {
    const services = [business, ledger, implement(FollowerService, createFollowerHandlers({ follower, signer }))];
    const server = await startRpcServer({ role: 'business', address: options.listen, services });
    follower.start();
    return {
      address: server.address,
      close: async () => {
        await server.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
