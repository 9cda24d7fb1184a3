import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { isStatementQuorum } from '@selvedge/set-digest';
import { HistoryHeadSchema, LIMITS, parseMessage, signing, type HistoryHead, type HistoryHeadRequest, type HistoryHeadStatement } from '@selvedge/protocol';
import { verifyFollowerSignature, type FollowerAsked } from './follower-signature.js';

/** What one organisation's follower verifiably said of a key's history. */
export interface StatedHead {
  readonly mspId: string;
  readonly head: Uint8Array;
  readonly count: bigint;
}

/**
 * Checks a follower's statement against what it was asked. Throws MALFORMED_MESSAGE, STATE_BEHIND below minHeight,
 * IDENTITY_UNTRUSTED when another organisation signed, HISTORY_UNCONFIRMED when it is of something else, and the codes of
 * MspRegistry.verifySignature.
 */
export function verifyHistoryHead(signed: HistoryHeadStatement, asked: HistoryHeadRequest, context: FollowerAsked & { readonly minHeight: bigint }): StatedHead {
  const { network, channel } = context.profile.message;
  const stated = parseMessage(HistoryHeadSchema, signed.statement, LIMITS.maxFactBytes);
  verifyFollowerSignature(signed.signature, signing.historyHead(signed.statement), context);
  const isAnswer = stated.network === network && stated.channel === channel && isOfKey(stated, asked) && equalBytes(stated.nonce, asked.nonce);
  if (!isAnswer) throw new SelvedgeError('HISTORY_UNCONFIRMED', `the statement of ${context.mspId} is of something else`);
  if (stated.height < context.minHeight) throw new SelvedgeError('STATE_BEHIND', `answered at height ${String(stated.height)}, at least ${String(context.minHeight)} is needed`);
  const isHead = stated.count === 0n ? stated.head.length === 0 : stated.head.length === 32;
  if (!isHead) throw new SelvedgeError('MALFORMED_MESSAGE', 'history head: length');
  return { mspId: context.mspId, head: stated.head, count: stated.count };
}

function isOfKey(stated: HistoryHead, asked: HistoryHeadRequest): boolean {
  return stated.contract === asked.contract && stated.ownerSet === asked.ownerSet && stated.dataset === asked.dataset && equalBytes(stated.ledgerKey, asked.ledgerKey);
}

/**
 * The head that enough distinct organisations agree on: the network's view quorum, one of them no owner wherever the
 * network has such an organisation (DESIGN 5, ledger view). undefined: not yet, or none.
 */
export function agreedHead(heads: readonly StatedHead[], owners: readonly string[], profile: Profile): StatedHead | undefined {
  const groups = new Map<string, StatedHead[]>();
  for (const head of heads) {
    const id = `${String(head.count)} ${toHex(head.head)}`;
    groups.set(id, [...(groups.get(id) ?? []), head]);
  }
  for (const group of groups.values()) {
    if (isStatementQuorum(new Set(group.map(({ mspId }) => mspId)), { owners, profile })) return group[0];
  }
  return undefined;
}
