import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGrpcNetwork, type ConnectionProfile } from '@selvedge/client';
import { equalBytes } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import type { Signer } from '@selvedge/identity';
import { createLedgerViewTracker, type LedgerView } from '@selvedge/ledger-view';
import { approvePolicyChange, createPolicyChange, createPolicyTransaction, verifyPolicyTransaction, type FactUpdate, type Profile } from '@selvedge/policy';
import { policyRoot } from '@selvedge/protocol';
import { createEmbeddedOrdering, createFabricOrdering } from './policy-ordering.js';

/** Reads the policy on the ledger and changes it. */
export interface PolicySession {
  /** The facts, by a quorum of organisations, under a fresh nonce. */
  view(): Promise<LedgerView>;
  /** Every fact, sorted by key: those of a follower whose digest is the quorum's. Throws VIEW_QUORUM_UNREACHABLE. */
  facts(): Promise<readonly { readonly key: string; readonly value: Uint8Array }[]>;
  /** PolicyChange bytes against the present facts, ready to be approved. */
  propose(changes: readonly FactUpdate[]): Promise<Uint8Array>;
  /**
   * Has PolicyTransaction bytes ordered and waits for every business node. Resolves with the block's number.
   * Throws POLICY_APPROVALS_MISSING, POLICY_CONFLICT and the like before anything is sent, COMMIT_INVALID after.
   * @param submitter on Fabric, the identity that creates the transaction; default: the session's
   */
  submit(policyTransaction: Uint8Array, submitter?: Signer): Promise<bigint>;
  /** Proposes, has these administrators approve, submits as the session's submitter or else the first of them. */
  change(changes: readonly FactUpdate[], administrators: readonly Signer[]): Promise<bigint>;
  close(): void;
}

const NONCE_BYTES = 16;
/** Followers that have just started may not have applied the newest block. */
const VIEW_TRIES = 20;
const VIEW_PAUSE_MS = 100;
const SEEN_POLL_MS = 10;
const TIMEOUT_MS = 15_000;

/**
 * @param input.profile the pinned profile, verified
 * @param input.submitter creates the transactions where the ledger is Fabric
 */
export function openPolicySession(input: { readonly connectionProfile: ConnectionProfile; readonly profile: Profile; readonly submitter?: Signer | undefined }): PolicySession {
  const { connectionProfile, profile } = input;
  const { network, channel } = profile.message;
  const ports = createGrpcNetwork(connectionProfile);
  const ordering = connectionProfile.ledger === 'fabric' ? createFabricOrdering(connectionProfile) : createEmbeddedOrdering(ports);
  const tracker = createLedgerViewTracker({ profile, followers: () => ports.followers(), clock: () => performance.now() });

  const view = async (): Promise<LedgerView> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await tracker.refresh();
      } catch (error) {
        if (tries >= VIEW_TRIES) throw error;
        await sleep(VIEW_PAUSE_MS);
      }
    }
  };

  const submit = async (policyTransaction: Uint8Array, submitter = input.submitter): Promise<bigint> => {
    const present = await view();
    // The ledger's verdict is one code for all; here the caller learns which rule is broken.
    verifyPolicyTransaction(policyTransaction, { facts: present, profile: present.profile });
    const blockNumber = await ordering.order(policyTransaction, submitter);
    await untilSeen(blockNumber);
    return blockNumber;
  };

  // The quorum may be behind the business nodes for a moment, or be no quorum while some have the new policy and some the old.
  const untilSeen = async (blockNumber: bigint): Promise<void> => {
    const deadline = performance.now() + TIMEOUT_MS;
    while (!(await isSeen(blockNumber))) {
      if (performance.now() > deadline) throw new SelvedgeError('VIEW_BEHIND', 'the followers have not reached the policy change yet', { role: 'cli' });
      await sleep(SEEN_POLL_MS);
    }
  };

  const isSeen = async (blockNumber: bigint): Promise<boolean> => {
    try {
      return (await tracker.refresh()).height > blockNumber;
    } catch (error) {
      if (isSelvedgeError(error, 'VIEW_QUORUM_UNREACHABLE')) return false;
      throw error;
    }
  };

  const propose = async (changes: readonly FactUpdate[]): Promise<Uint8Array> => createPolicyChange({ network, channel, changes, facts: await view() });

  const allFacts = async (): Promise<readonly { key: string; value: Uint8Array }[]> => {
    const { policyRoot: expected } = await view();
    for (const follower of ports.followers()) {
      const request = { nonce: new Uint8Array(randomBytes(NONCE_BYTES)), knownPolicyRoot: new Uint8Array(0) };
      const answer = await follower.getLedgerView(request, AbortSignal.timeout(TIMEOUT_MS)).catch(() => undefined);
      if (answer !== undefined && equalBytes(policyRoot(answer.facts), expected)) return answer.facts;
    }
    throw new SelvedgeError('VIEW_QUORUM_UNREACHABLE', 'no follower has the facts that the quorum signed', { role: 'cli' });
  };

  return {
    view,
    facts: allFacts,
    propose,
    submit,
    async change(changes, administrators) {
      const change = await propose(changes);
      const approvals = administrators.map((administrator) => approvePolicyChange(change, administrator));
      return submit(createPolicyTransaction(change, approvals), input.submitter ?? administrators[0]);
    },
    close() {
      tracker.close();
      ports.close();
    },
  };
}
