import { createBlockSource, createFollowerHandlers, openFollower, openLedgerStore, type Checkpoint, type LedgerLog } from '@selvedge/embedded-ledger';
import type { Signer } from '@selvedge/identity';
import type { Profile } from '@selvedge/policy';
import { Endorser as EndorserService, Follower as FollowerService, Sequencer as SequencerService } from '@selvedge/protocol';
import { connectRpc, implement, startRpcServer } from '@selvedge/rpc';
import { verifyNodeIdentity } from '../domain/verify-node-identity.js';
import { createEndorser } from '../endorser.js';

export interface EndorserNodeOptions {
  /** host:port; port 0 lets the system choose. */
  readonly listen: string;
  /** Of the ledger's LMDB files. */
  readonly directory: string;
  /** Trust anchor: what block 0 must hold. */
  readonly profile: Profile;
  readonly signer: Signer;
  /** The sequencer's address. */
  readonly sequencer: string;
  readonly now: () => Date;
  readonly maxInFlight?: number | undefined;
  readonly checkpoint?: Checkpoint | undefined;
  readonly log?: LedgerLog | undefined;
}

/** A listening endorser. */
export interface EndorserNode {
  /** With the real port. */
  readonly address: string;
  close(): Promise<void>;
}

/** Opens the store, follows the sequencer and serves Endorser and Follower. Throws what opening, binding or a wrong identity throws. */
export async function startEndorserNode(options: EndorserNodeOptions): Promise<EndorserNode> {
  const { signer, profile, checkpoint, log } = options;
  verifyNodeIdentity(signer, profile, options.now());
  const connection = connectRpc(options.sequencer);
  const follower = openFollower({
    store: openLedgerStore({ directory: options.directory }),
    profile,
    blocks: createBlockSource(connection.client(SequencerService)),
    role: 'endorser',
    checkpoint,
    log,
  });
  const endorser = createEndorser({ ledger: follower, signer, now: options.now, maxInFlight: options.maxInFlight, checkpoint });
  const stop = async (): Promise<void> => {
    await follower.close();
    connection.close();
  };
  try {
    const server = await startRpcServer({
      role: 'endorser',
      address: options.listen,
      services: [
        implement(EndorserService, { endorse: ({ targetData }) => endorser.endorse(targetData) }),
        implement(FollowerService, createFollowerHandlers({ follower, signer })),
      ],
    });
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
