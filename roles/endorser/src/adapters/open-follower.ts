import { createBlockSource, openFollower, openLedgerStore, type Checkpoint, type Follower, type LedgerLog } from '@selvedge/embedded-ledger';
import { connectToPeer, createFabricBlockSource, openFabricFollower, type PeerConnectionOptions } from '@selvedge/fabric-network/follower';
import type { Signer } from '@selvedge/identity';
import type { Profile } from '@selvedge/policy';
import { Sequencer as SequencerService } from '@selvedge/protocol';
import { connectRpc, type TlsSetting } from '@selvedge/rpc';

/** Which ledger a node follows, and where it is reached. */
export type FollowedLedger =
  | { readonly kind: 'embedded'; readonly sequencer: string }
  | { readonly kind: 'fabric'; readonly peer: PeerConnectionOptions; readonly policyChaincode?: string | undefined };

/** What following needs, whichever ledger it is. */
export interface FollowContext {
  /** Of the ledger's LMDB files. */
  readonly directory: string;
  /** Trust anchor: the first profile on the ledger. */
  readonly profile: Profile;
  /** This organisation's peer identity. */
  readonly signer: Signer;
  /** For connections between Selvedge's own nodes. */
  readonly tls: TlsSetting;
  readonly now: () => Date;
  readonly checkpoint?: Checkpoint | undefined;
  readonly log?: LedgerLog | undefined;
}

/** A follower, and what ends it with its connection. */
export interface OpenFollower {
  readonly follower: Follower;
  close(): Promise<void>;
}

/** Opens the follower of a ledger; it keeps hashes and no packets. Throws what opening store or connection throws. */
export function openLedgerFollower(ledger: FollowedLedger, context: FollowContext): OpenFollower {
  return ledger.kind === 'embedded' ? openEmbedded(ledger.sequencer, context) : openFabric(ledger, context);
}

function openEmbedded(sequencer: string, { directory, profile, tls, checkpoint, log }: FollowContext): OpenFollower {
  const connection = connectRpc(sequencer, { tls });
  const blocks = createBlockSource(connection.client(SequencerService));
  return closing(openFollower({ store: openLedgerStore({ directory }), profile, blocks, role: 'endorser', checkpoint, log }), connection);
}

function openFabric({ peer, policyChaincode }: Extract<FollowedLedger, { kind: 'fabric' }>, { directory, profile, signer, now, checkpoint, log }: FollowContext): OpenFollower {
  const connection = connectToPeer(peer);
  const blocks = createFabricBlockSource({ connection, channel: profile.message.channel, signer, now, withPrivateData: false });
  return closing(openFabricFollower({ store: openLedgerStore({ directory }), profile, blocks, policyChaincode, role: 'endorser', checkpoint, log }), connection);
}

function closing(follower: Follower, connection: { close(): void }): OpenFollower {
  return {
    follower,
    close: async () => {
      await follower.close();
      connection.close();
    },
  };
}
