import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { SelvedgeError } from '@selvedge/errors';
import { ConfirmReadsRequestSchema, encodeMessage, LIMITS, QueryReadsSchema, requireAtMost } from '@selvedge/protocol';
import { askFollowers, type Heard } from './ask-followers.js';
import { judgeReads, verifyStandingReads, type ReadsQuorum, type ReadsVerdict, type StatedReads } from '../domain/standing-reads.js';
import type { ReadsPort } from '../ports.js';

/** What a query read. */
export type QueryReads = MessageInitShape<typeof QueryReadsSchema>;

/** Asks followers whether what a query read is what stands. */
export interface ReadsConfirmer {
  /**
   * What a quorum of organisations signs under a nonce of this question. Throws STATE_UNCONFIRMED with who said what, LIMIT_EXCEEDED.
   * @param minHeight statements of a lower one do not count
   */
  confirm(reads: QueryReads, quorum: ReadsQuorum, minHeight: bigint): Promise<ReadsVerdict>;
}

export interface ReadsConfirmerOptions {
  readonly followers: readonly ReadsPort[];
  /** Of one follower's answer; default 2,000. */
  readonly timeoutMs?: number;
  /** Followers that are a block apart disagree for a moment: how often they are asked; default 5. */
  readonly maxAttempts?: number;
}

const NONCE_BYTES = 16;
const PAUSE_MS = 50;

/** Confirms reads by statements of a quorum of organisations, under a fresh nonce. */
export function createReadsConfirmer({ followers, timeoutMs = 2_000, maxAttempts = 5 }: ReadsConfirmerOptions): ReadsConfirmer {
  const askAll = (reads: Uint8Array, { profile }: ReadsQuorum, minHeight: bigint): Promise<Heard<StatedReads>> =>
    askFollowers(followers, async (follower) => {
      const asked = create(ConfirmReadsRequestSchema, { reads, nonce: randomBytes(NONCE_BYTES) });
      return verifyStandingReads(await follower.confirmReads(asked, timeoutMs), asked, { mspId: follower.mspId, profile, minHeight });
    });
  return {
    async confirm(reads, quorum, minHeight) {
      requireAtMost('keys and sets that a confirmed query reads', (reads.keys?.length ?? 0) + (reads.guards?.length ?? 0), LIMITS.maxConfirmedReads);
      const bytes = encodeMessage(QueryReadsSchema, reads);
      for (let attempt = 1; ; attempt += 1) {
        const { statements: stated, failures } = await askAll(bytes, quorum, minHeight);
        const verdict = judgeReads(stated, quorum);
        if (verdict !== undefined) return verdict;
        if (attempt >= maxAttempts) {
          const said = stated.map(({ mspId, height, stale }) => `${mspId} at height ${String(height)}: ${stale.length === 0 ? 'all stand' : `${String(stale.length)} do not`}`);
          throw new SelvedgeError('STATE_UNCONFIRMED', `${String(Math.max(quorum.count, quorum.profile.message.viewQuorum))} organisations are needed; ${[...said, ...failures].join('; ')}`);
        }
        await sleep(PAUSE_MS * attempt);
      }
    },
  };
}
