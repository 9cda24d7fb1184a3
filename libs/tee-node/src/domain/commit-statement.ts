import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { CommittedTransactionSchema, parseMessage, requireLength, signing, ValidationCode, type CommitStatement, type CommitStatementRequest, type CommittedTransaction } from '@selvedge/protocol';
import { verifyFollowerSignature, type FollowerAsked } from './follower-signature.js';

const MAX_STATEMENT_BYTES = 4096;

/** What one organisation's follower verifiably said of a transaction. */
export type StatedCommit = { readonly mspId: string } & (
  | { readonly end: 'unknown' | 'invalid' }
  /** Valid, with what its block holds; core digest and block hash empty: the core is not gated, or the follower keeps nothing of it. */
  | { readonly end: 'valid'; readonly blockNumber: bigint; readonly blockHash: Uint8Array; readonly coreDigest: Uint8Array }
);

/**
 * Checks a follower's statement against what it was asked. Throws MALFORMED_MESSAGE, MESSAGE_TOO_LARGE, SIGNATURE_INVALID,
 * IDENTITY_UNTRUSTED when another organisation signed, GATE_QUORUM_NOT_MET when it is of something else, and the codes of
 * MspRegistry.verifySignature.
 */
export function verifyCommitStatement(signed: CommitStatement, asked: CommitStatementRequest, follower: FollowerAsked): StatedCommit {
  const { mspId, profile } = follower;
  const stated = parseMessage(CommittedTransactionSchema, signed.statement, MAX_STATEMENT_BYTES);
  verifyFollowerSignature(signed.signature, signing.commitStatement(signed.statement), follower);
  verifyIsAnswer(stated, asked, profile, mspId);
  if (!stated.known) return { mspId, end: 'unknown' };
  if (stated.code !== ValidationCode.VALID.valueOf()) return { mspId, end: 'invalid' };
  const { blockNumber, blockHash, coreDigest } = stated;
  if (blockNumber >= stated.height) throw new SelvedgeError('MALFORMED_MESSAGE', 'commit statement: its block is above its height');
  if (coreDigest.length > 0) {
    requireLength('core_digest', coreDigest, 32);
    requireLength('block_hash', blockHash, 32);
  }
  return { mspId, end: 'valid', blockNumber, blockHash, coreDigest };
}

function verifyIsAnswer(stated: CommittedTransaction, asked: CommitStatementRequest, profile: Profile, mspId: string): void {
  const { network, channel } = profile.message;
  const isOfLedger = stated.network === network && stated.channel === channel;
  const isOfQuestion = equalBytes(stated.txId, asked.txId) && equalBytes(stated.nonce, asked.nonce);
  if (!isOfLedger || !isOfQuestion) throw new SelvedgeError('GATE_QUORUM_NOT_MET', `the statement of ${mspId} is of something else`);
}
