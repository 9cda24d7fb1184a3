import { equalBytes, sha256 } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { LIMITS, parseMessage, signing, StandingReadsSchema, type ConfirmReadsRequest, type ReadsStatement } from '@selvedge/protocol';
import { isStatementQuorum } from '@selvedge/set-digest';
import { verifyFollowerSignature, type FollowerAsked } from './follower-signature.js';

/** What one organisation's follower verifiably said of a query's reads. */
export interface StatedReads {
  readonly mspId: string;
  readonly height: bigint;
  /** Places of the reads that do not stand, ascending. */
  readonly stale: readonly number[];
}

/**
 * Checks a follower's statement against what it was asked. Throws MALFORMED_MESSAGE, STATE_BEHIND below minHeight,
 * IDENTITY_UNTRUSTED when another organisation signed, STATE_UNCONFIRMED when it is of something else, and the codes of
 * MspRegistry.verifySignature.
 */
export function verifyStandingReads(signed: ReadsStatement, asked: ConfirmReadsRequest, context: FollowerAsked & { readonly minHeight: bigint }): StatedReads {
  const { network, channel } = context.profile.message;
  const stated = parseMessage(StandingReadsSchema, signed.statement, LIMITS.maxFactBytes);
  verifyFollowerSignature(signed.signature, signing.standingReads(signed.statement), context);
  const isAnswer = stated.network === network && stated.channel === channel && equalBytes(stated.readsDigest, sha256(asked.reads)) && equalBytes(stated.nonce, asked.nonce);
  if (!isAnswer) throw new SelvedgeError('STATE_UNCONFIRMED', `the statement of ${context.mspId} is of something else`);
  if (stated.height < context.minHeight) throw new SelvedgeError('STATE_BEHIND', `answered at height ${String(stated.height)}, at least ${String(context.minHeight)} is needed`);
  return { mspId: context.mspId, height: stated.height, stale: stated.stale };
}

/** Who must agree, and on what. */
export interface ReadsQuorum {
  /** Distinct organisations; never fewer than the network's view quorum. */
  readonly count: number;
  /** MSP ids of all that own something of what was read. */
  readonly owners: readonly string[];
  readonly profile: Profile;
}

/** What a quorum says of a query's reads: that all stand, at the lowest height of those who say so, or which do not. */
export type ReadsVerdict = { readonly kind: 'standing'; readonly height: bigint; readonly mspIds: readonly string[] } | { readonly kind: 'stale'; readonly places: readonly number[]; readonly height: bigint };

/**
 * The verdict of enough distinct organisations, one of them no owner wherever the network has such an organisation
 * (DESIGN 5, ledger view): all stand for each of them, or one and the same read stands for none of them. undefined: not yet.
 */
export function judgeReads(stated: readonly StatedReads[], quorum: ReadsQuorum): ReadsVerdict | undefined {
  const standing = stated.filter(({ stale }) => stale.length === 0);
  if (isQuorum(standing, quorum)) {
    return { kind: 'standing', height: leastHeight(standing), mspIds: [...new Set(standing.map(({ mspId }) => mspId))].sort() };
  }
  const places = [...new Set(stated.flatMap(({ stale }) => stale))].filter((place) => isQuorum(stated.filter(({ stale }) => stale.includes(place)), quorum));
  if (places.length === 0) return undefined;
  return { kind: 'stale', places: places.sort((a, b) => a - b), height: leastHeight(stated.filter(({ stale }) => stale.length > 0)) };
}

function isQuorum(stated: readonly StatedReads[], quorum: ReadsQuorum): boolean {
  return isStatementQuorum(new Set(stated.map(({ mspId }) => mspId)), quorum);
}

function leastHeight(stated: readonly StatedReads[]): bigint {
  return stated.map(({ height }) => height).reduce((least, height) => (height < least ? height : least));
}
