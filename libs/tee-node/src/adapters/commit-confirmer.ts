import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { isSelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { CommitStatementRequestSchema } from '@selvedge/protocol';
import { askFollowers } from './ask-followers.js';
import { verifyCommitStatement } from '../domain/commit-statement.js';
import { verifyGateOpen, type Gate, type HeardCommit } from '../domain/gate.js';
import type { CommitStatementPort } from '../ports.js';

/** A core that is said to be committed. */
export interface ClaimedCommit {
  readonly txId: Uint8Array;
  /** targetDigest of the core alone. */
  readonly coreDigest: Uint8Array;
}

/** Asks followers whether a core is committed. */
export interface CommitConfirmer {
  /** Throws as verifyGateOpen, unless enough organisations of the gate state it. @param profile whose statements count */
  confirm(claimed: ClaimedCommit, gate: Gate, profile: Profile): Promise<void>;
}

export interface CommitConfirmerOptions {
  readonly followers: readonly CommitStatementPort[];
  /** Of one follower's answer; default 2,000. */
  readonly timeoutMs?: number;
  /** Followers are a block apart for a moment: how often they are asked; default 3. */
  readonly maxAttempts?: number;
}

const NONCE_BYTES = 16;
const PAUSE_MS = 50;

/** Confirms commits by equal statements of distinct organisations, under a fresh nonce each. */
export function createCommitConfirmer({ followers, timeoutMs = 2_000, maxAttempts = 3 }: CommitConfirmerOptions): CommitConfirmer {
  const askAll = (txId: Uint8Array, gate: Gate, profile: Profile): Promise<HeardCommit> =>
    askFollowers(followers.filter(({ mspId }) => gate.organisations.includes(mspId)), async (follower) => {
      const asked = create(CommitStatementRequestSchema, { txId, nonce: randomBytes(NONCE_BYTES) });
      return verifyCommitStatement(await follower.getCommitStatement(asked, timeoutMs), asked, { mspId: follower.mspId, profile });
    });
  return {
    async confirm({ txId, coreDigest }, gate, profile) {
      for (let attempt = 1; ; attempt += 1) {
        const heard = await askAll(txId, gate, profile);
        try {
          verifyGateOpen(heard, gate, coreDigest);
          return;
        } catch (error) {
          const isPassing = isSelvedgeError(error, 'RESULT_NOT_COMMITTED') || isSelvedgeError(error, 'GATE_QUORUM_NOT_MET');
          if (!isPassing || attempt >= maxAttempts) throw error;
        }
        await sleep(PAUSE_MS);
      }
    },
  };
}
