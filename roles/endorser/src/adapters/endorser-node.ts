import { createFollowerHandlers } from '@selvedge/embedded-ledger';
import { SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { Endorser as EndorserService, Follower as FollowerService } from '@selvedge/protocol';
import { implement, startRpcServer, type RpcObserver } from '@selvedge/rpc';
import { verifyNodeIdentity } from '../domain/verify-node-identity.js';
import { createEndorser } from '../endorser.js';
import { openLedgerFollower, type FollowContext, type FollowedLedger, type OpenFollower } from './open-follower.js';

export interface EndorserNodeOptions extends FollowContext {
  /** host:port; port 0 lets the system choose. */
  readonly listen: string;
  readonly ledger: FollowedLedger;
  /** A later profile that lists this organisation, where the trust anchor does not; for the check of the own identity alone. */
  readonly identityProfile?: Profile | undefined;
  readonly maxInFlight?: number | undefined;
  /** Told of every call, for metrics. */
  readonly onCall?: RpcObserver | undefined;
}

/** A listening endorser. */
export interface EndorserNode {
  /** With the real port. */
  readonly address: string;
  /** The ledger as it follows it. */
  readonly follower: Pick<OpenFollower['follower'], 'state' | 'failure'>;
  close(): Promise<void>;
}

/**
 * Opens the store, follows the ledger and serves Follower and Endorser. On Fabric the organisation's peer endorses, through
 * the endorsement chaincode: here it is only told which items of a batch are stale, which is advice. Throws what opening, binding or a wrong identity throws.
 */
export async function startEndorserNode(options: EndorserNodeOptions): Promise<EndorserNode> {
  const { signer, profile, checkpoint, log, now, ledger, maxInFlight } = options;
  verifyNodeIdentity(signer, options.identityProfile ?? profile, now());
  const followed = openLedgerFollower(ledger, options);
  const { follower } = followed;
  const following = implement(FollowerService, createFollowerHandlers({ follower, signer }));
  const endorser = createEndorser({ ledger: follower, signer, now, maxInFlight, checkpoint });
  const endorsing = implement(EndorserService, { endorse: ({ targetData }) => (ledger.kind === 'fabric' ? refuseToEndorse() : endorser.endorse(targetData)), findStaleItems: (request) => endorser.findStaleItems(request) });
  try {
    const server = await startRpcServer({ role: 'endorser', address: options.listen, tls: options.tls, services: [endorsing, following], log, onCall: options.onCall });
    follower.start();
    return {
      address: server.address,
      follower,
      close: async () => {
        await server.close();
        await followed.close();
      },
    };
  } catch (error) {
    await followed.close();
    throw error;
  }
}

function refuseToEndorse(): Promise<never> {
  return Promise.reject(new SelvedgeError('FEATURE_UNSUPPORTED', 'on a Fabric ledger the organisation’s peer endorses', { role: 'endorser' }));
}
