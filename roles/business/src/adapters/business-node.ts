import { createFollowerHandlers } from '@selvedge/embedded-ledger';
import { SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { Business as BusinessService, BusinessLedger as BusinessLedgerService, Follower as FollowerService } from '@selvedge/protocol';
import { implement, startRpcServer } from '@selvedge/rpc';
import { createAdmission } from '../admission.js';
import { answerBatchCommitStatus } from '../batch-commit-status.js';
import { answerCommitStatus } from '../commit-status.js';
import { answerStateQuery } from '../domain/answer-state-query.js';
import { verifyNodeIdentity } from '../domain/verify-node-identity.js';
import { verifyStateQuery } from '../domain/verify-state-query.js';
import { openEmbeddedLedger } from './open-embedded-ledger.js';
import { openFabricLedger, type FabricLedgerOptions } from './open-fabric-ledger.js';
import type { LedgerContext, OpenLedger } from './open-ledger.js';

/** Which ledger a node follows, and where it is reached. */
export type FollowedLedger = { readonly kind: 'embedded'; readonly sequencer: string } | ({ readonly kind: 'fabric' } & FabricLedgerOptions);

export interface BusinessNodeOptions extends LedgerContext {
  /** host:port; port 0 lets the system choose. */
  readonly listen: string;
  readonly ledger: FollowedLedger;
  /** A later profile that lists this organisation, where the trust anchor does not; for the check of the own identity alone. */
  readonly identityProfile?: Profile | undefined;
  /** State queries, stage requests and questions about batches at once, each; default 512. */
  readonly maxInFlight?: number | undefined;
}

/** A listening business node. */
export interface BusinessNode {
  /** With the real port. */
  readonly address: string;
  close(): Promise<void>;
}

const DEFAULT_MAX_IN_FLIGHT = 512;

/** Opens the store, follows the ledger and serves Business, BusinessLedger and Follower. Throws what opening, binding or a wrong identity throws. */
export async function startBusinessNode(options: BusinessNodeOptions): Promise<BusinessNode> {
  verifyNodeIdentity(options.signer, options.identityProfile ?? options.profile, options.now());
  const { ledger } = options;
  return serveBusiness(ledger.kind === 'embedded' ? openEmbeddedLedger(ledger, options) : openFabricLedger(ledger, options), options);
}

/** Serves an opened ledger, which the node closes. */
export async function serveBusiness(ledger: OpenLedger, options: Omit<BusinessNodeOptions, 'ledger'>): Promise<BusinessNode> {
  const { signer, checkpoint, log, now, maxInFlight = DEFAULT_MAX_IN_FLIGHT } = options;
  const { follower, packets, history } = ledger;
  const requireLedger = (): void => {
    if (follower.state.height === 0n) throw new SelvedgeError('NOT_READY', 'the business node has not received the ledger yet');
  };
  const queries = createAdmission(maxInFlight);
  const stagings = createAdmission(maxInFlight);
  const batches = createAdmission(maxInFlight);
  const business = implement(BusinessService, {
    queryState: (signed) =>
      queries.run(() => {
        requireLedger();
        const query = verifyStateQuery(signed, { facts: follower.state, profile: follower.profile(), mspId: signer.mspId, at: now() });
        return answerStateQuery(query, { ledger: follower.state, packets, history });
      }),
  });
  const businessLedger = implement(BusinessLedgerService, {
    stage: (request) =>
      stagings.run(() => {
        requireLedger();
        return ledger.stage(request);
      }),
    commitStatus: (request, { signal }) => answerCommitStatus(request, follower, signal, checkpoint),
    batchCommitStatus: (request, { signal }) => batches.run(() => answerBatchCommitStatus(request, { follower, carrierRefusal: ledger.carrierRefusal }, signal, checkpoint)),
  });
  try {
    const services = [business, businessLedger, implement(FollowerService, createFollowerHandlers({ follower, signer }))];
    const server = await startRpcServer({ role: 'business', address: options.listen, tls: options.tls, services, log });
    ledger.start();
    return {
      address: server.address,
      close: async () => {
        await server.close();
        await ledger.close();
      },
    };
  } catch (error) {
    await ledger.close();
    throw error;
  }
}
