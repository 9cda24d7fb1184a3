import type { Signer } from '@selvedge/identity';
import { SelvedgeError } from '@selvedge/errors';
import { createContractBatches, verifyBatchPolicy } from './batching/contract-batches.js';
import type { BatchPolicy } from './batching/batch-queue.js';
import { createChaincodeEvents, type ChaincodeEvents, type ChaincodeEventsOptions } from './chaincode-events.js';
import { createContract, type Contract, type SharedWays } from './contract.js';
import { readConflictRetry, type ConflictRetry } from './domain/conflict-retry.js';
import type { ConnectionProfile } from './domain/connection-profile.js';
import type { ReplicaCounts } from './domain/replica-record.js';
import { createContractNameKeys, type ContractNameKeys } from './name-migration.js';
import { openSession, type SessionOptions } from './open-session.js';
import { createKeyEpochs, type KeyEpochs } from './re-encryption.js';
import type { TransactionSession } from './session.js';
import { createContractSubmits } from './submitter/contract-submits.js';
import { createViews, type Views } from './views.js';

/** What a gateway needs: whom to reach, whom to trust, and who speaks. */
export interface ConnectOptions extends SessionOptions {
  /**
   * Makes a whole request again when it loses a conflict (MVCC_READ_CONFLICT, PHANTOM_READ_CONFLICT, STALE_READ,
   * STALE_GUARD) or met an upgrade of its contract (CODE_HASH_MISMATCH, POLICY_VERSION_MISMATCH, PART_OUTDATED, then on the new
   * version); for idempotent work. Off by default; ProposalOptions.retry overrides it.
   */
  readonly retry?: ConflictRetry;
  /**
   * Contracts whose requests travel in batches, by name: submit, submitTransaction, evaluate and evaluateTransaction, where
   * they name no signal, compute quorum or endorsers of their own. Off by default.
   */
  readonly batching?: Readonly<Record<string, BatchPolicy>>;
  /**
   * The organisation's submitter, through which submit and submitTransaction go, where they name nothing of their own; 'none': not
   * through the one that the connection profile has. What it batches this gateway does not batch. Default: the connection profile's, if it names one of the identity's organisation.
   */
  readonly submitter?: { readonly address: string } | 'none';
}

/** A connection of one identity to a network. */
export interface Gateway {
  readonly identity: Signer;
  /** Throws WRONG_CHANNEL for a channel that is not the profile's. */
  getNetwork(channel: string): Network;
  /** Reads the endpoints again, so that new nodes are used and removed ones left alone. */
  reload(): Promise<void>;
  /**
   * How often each compute node agreed with the others, where several ran a request, and how often it was outvoted. One node that is
   * outvoted lies or is broken; several in turn, on one contract, mean that its chaincode is not deterministic.
   */
  replicaCounts(): ReplicaCounts[];
  /** Fetches the ledger view and the broker's evidence anew before the next request. */
  refresh(): Promise<void>;
  close(): void;
}

/** One channel. */
export interface Network {
  readonly name: string;
  getContract(name: string): Contract;
  /** Events that a contract's committed transactions have set, opened for the organisations that its manifest entitles. */
  getChaincodeEvents(chaincodeName: string, options?: ChaincodeEventsOptions): ChaincodeEvents;
  /** Under which epochs of its data key a contract's entries lie; for administrators of its owners. */
  getKeyEpochs(contract: string): KeyEpochs;
  /** Under which names a contract's entries lie; for administrators of its owners. */
  getNameKeys(contract: string): ContractNameKeys;
  /** What the viewer of this identity's organisation shows. @param viewerId node id; default: the organisation's first */
  getViews(viewerId?: string): Views;
}

/**
 * Opens a gateway. Nothing is sent yet: evidence is fetched and verified before the first request.
 * Throws PROFILE_INVALID, PROFILE_SIGNATURES_MISSING, PROFILE_MISMATCH for other pins, WRONG_NETWORK, WRONG_CHANNEL,
 * or INVALID_CONFIGURATION for TLS files or batching.
 */
export function connect(options: ConnectOptions): Gateway {
  if (options.retry !== undefined) readConflictRetry(options.retry);
  verifyBatching(options);
  const opened = openSession(withSubmitter(options));
  const { ports, trust } = opened.session;
  const { channel } = options.connectionProfile;
  const session: TransactionSession = { ...opened.session, retry: options.retry };
  const batches = new Map(Object.entries(options.batching ?? {}).map(([contract, policy]) => [contract, createContractBatches(session, contract, policy)]));
  const waysOf = (contract: string): SharedWays => {
    const own = batches.get(contract);
    const submitter = options.submitter === 'none' ? undefined : ports.submitter(options.identity.mspId);
    return submitter === undefined ? (own ?? {}) : { submit: createContractSubmits(session, submitter, contract), ...(own === undefined ? {} : { evaluate: (content, alone) => own.evaluate(content, alone) }) };
  };
  return {
    identity: options.identity,
    getNetwork(name) {
      if (name !== channel) throw new SelvedgeError('WRONG_CHANNEL', `this gateway is connected to channel ${channel}, not ${name}`, { role: 'client' });
      return {
        name,
        getContract: (contract) => createContract(session, contract, waysOf(contract)),
        getChaincodeEvents: (contract, eventsOptions) => createChaincodeEvents(session, contract, eventsOptions),
        getKeyEpochs: (contract) => createKeyEpochs(session, contract),
        getNameKeys: (contract) => createContractNameKeys(session, contract),
        getViews: (viewerId) => createViews(session, viewerId),
      };
    },
    reload: () => ports.reload(),
    replicaCounts: () => session.replicas.counts(),
    refresh: () => trust.refresh(),
    close: opened.close,
  };
}

function verifyBatching({ batching = {} }: ConnectOptions): void {
  for (const [contract, policy] of Object.entries(batching)) verifyBatchPolicy(contract, policy);
}

/** The endpoints with this submitter in the place of the organisation's own, at each reading. */
function withSubmitter(options: ConnectOptions): ConnectOptions {
  const { submitter, identity: { mspId }, connectionProfile, reload } = options;
  if (submitter === undefined || submitter === 'none') return options;
  const change = (profile: ConnectionProfile): ConnectionProfile => ({ ...profile, submitters: [{ mspId, address: submitter.address }] });
  return { ...options, connectionProfile: change(connectionProfile), ...(reload === undefined ? {} : { reload: async () => change(await reload()) }) };
}
