import { create } from '@bufbuild/protobuf';
import { equalBytes, sha256 } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { signAs, type Signer } from '@selvedge/identity';
import {
  CommitStatementSchema, CommittedTransactionSchema, encodeMessage, HistoryHeadSchema, HistoryHeadStatementSchema, LedgerViewAnswerSchema, LedgerViewStatementSchema, LIMITS, parseMessage, QueryReadsSchema, ReadsStatementSchema, requireAtMost, requireLength, SetDigestSchema, SetDigestStatementSchema, signing, StandingReadsSchema,
  type CommitStatement, type CommitStatementRequest, type ConfirmReadsRequest, type HistoryHeadRequest, type HistoryHeadStatement, type LedgerViewAnswer, type LedgerViewRequest, type ReadsStatement, type SetDigestRequest, type SetDigestStatement,
} from '@selvedge/protocol';
import type { Follower } from './follow.js';

/** Handlers of the Follower service; implement(Follower, …) takes them. */
export interface FollowerHandlers {
  /** Throws MALFORMED_MESSAGE for a nonce outside 16 to 32 bytes, NOT_READY before the ledger holds a profile. */
  getLedgerView(request: LedgerViewRequest): Promise<LedgerViewAnswer>;
  /** Throws MALFORMED_MESSAGE or LIMIT_EXCEEDED. */
  getHistoryHead(request: HistoryHeadRequest): Promise<HistoryHeadStatement>;
  /** Throws MALFORMED_MESSAGE. */
  getCommitStatement(request: CommitStatementRequest): Promise<CommitStatement>;
  /** Throws MALFORMED_MESSAGE or LIMIT_EXCEEDED. */
  confirmReads(request: ConfirmReadsRequest): Promise<ReadsStatement>;
  /**
   * Throws SET_DIGEST_HEIGHT_UNKNOWN for a height that is not kept or does not come within SET_DIGEST_WAIT_MS,
   * MALFORMED_MESSAGE, LIMIT_EXCEEDED, and what Follower.waitForHeight throws.
   */
  getSetDigest(request: SetDigestRequest, context: { readonly signal: AbortSignal }): Promise<SetDigestStatement>;
}

/** How far ahead a height may be that a follower waits for: business nodes of one ledger are hardly apart. */
const MAX_HEIGHTS_AHEAD = 64n;
const SET_DIGEST_WAIT_MS = 1_000;
const ABSENT = new Uint8Array(0);

/**
 * Answers for a follower, signed by its organisation's peer identity: ledger views, whose facts go along only when the
 * asker's root is another, digests of sets, ends of keys' histories, which reads of a query stand, and how transactions ended.
 */
export function createFollowerHandlers({ follower, signer }: { readonly follower: Pick<Follower, 'changes' | 'commitOf' | 'head' | 'profile' | 'state' | 'setDigest' | 'waitForHeight'>; readonly signer: Signer }): FollowerHandlers {
  // An async function, so that refusals are rejections.
  // eslint-disable-next-line @typescript-eslint/require-await
  const getLedgerView = async ({ nonce, knownPolicyRoot, changesFrom }: LedgerViewRequest): Promise<LedgerViewAnswer> => {
    requireNonce(nonce);
    const { height, blockHash, policyRoot, facts } = follower.head;
    // On Fabric the channel is older than the network's policy.
    if (facts.length === 0) throw new SelvedgeError('NOT_READY', 'the ledger’s policy has not arrived yet');
    const { network, channel } = follower.profile().message;
    const changes = changesFrom === undefined ? [] : [...follower.changes(changesFrom)];
    const statement = encodeMessage(LedgerViewStatementSchema, { network, channel, height, blockHash, policyRoot, nonce, changes });
    const hasFacts = !equalBytes(knownPolicyRoot, policyRoot);
    return create(LedgerViewAnswerSchema, { statement, signature: signAs(signer, signing.ledgerView(statement)), hasFacts, facts: hasFacts ? [...facts] : [] });
  };
  const getSetDigest = async ({ contract, ownerSet, dataset, datasetTag, height }: SetDigestRequest, { signal }: { readonly signal: AbortSignal }): Promise<SetDigestStatement> => {
    requireNames([contract, ownerSet, dataset]);
    if (datasetTag.length > 0) requireLength('dataset_tag', datasetTag, 32);
    if (height > follower.head.height && height <= follower.head.height + MAX_HEIGHTS_AHEAD) await follower.waitForHeight(height, SET_DIGEST_WAIT_MS, signal);
    const set = { contract, ownerSet, dataset, datasetTag };
    const { root, count, guardTxId } = follower.setDigest(set, height);
    const { network, channel } = follower.profile().message;
    const statement = encodeMessage(SetDigestSchema, { network, channel, ...set, height, root, count, guardTxId });
    return create(SetDigestStatementSchema, { statement, signature: signAs(signer, signing.setDigest(statement)) });
  };
  // eslint-disable-next-line @typescript-eslint/require-await
  const getHistoryHead = async ({ contract, ownerSet, dataset, ledgerKey, nonce }: HistoryHeadRequest): Promise<HistoryHeadStatement> => {
    requireNonce(nonce);
    requireNames([contract, ownerSet, dataset]);
    requireLength('ledger_key', ledgerKey, 32);
    const { network, channel } = follower.profile().message;
    // One synchronous stretch: both are of one height.
    const { head, count } = follower.state.history(contract, ownerSet, dataset, ledgerKey);
    const { height } = follower.state;
    const statement = encodeMessage(HistoryHeadSchema, { network, channel, contract, ownerSet, dataset, ledgerKey, height, head, count, nonce });
    return create(HistoryHeadStatementSchema, { statement, signature: signAs(signer, signing.historyHead(statement)) });
  };
  // eslint-disable-next-line @typescript-eslint/require-await
  const getCommitStatement = async ({ txId, nonce }: CommitStatementRequest): Promise<CommitStatement> => {
    requireNonce(nonce);
    requireLength('tx_id', txId, 32);
    const { network, channel } = follower.profile().message;
    const commit = follower.commitOf(txId);
    const ended = commit === undefined ? {} : { code: commit.code.valueOf(), blockNumber: commit.blockNumber, ...commit.gated };
    const statement = encodeMessage(CommittedTransactionSchema, { network, channel, txId, known: commit !== undefined, ...ended, height: follower.head.height, nonce });
    return create(CommitStatementSchema, { statement, signature: signAs(signer, signing.commitStatement(statement)) });
  };
  // eslint-disable-next-line @typescript-eslint/require-await
  const confirmReads = async ({ reads, nonce }: ConfirmReadsRequest): Promise<ReadsStatement> => {
    requireNonce(nonce);
    const { keys, guards } = parseMessage(QueryReadsSchema, reads, LIMITS.maxMessageBytes);
    requireAtMost('reads to confirm', keys.length + guards.length, LIMITS.maxConfirmedReads);
    for (const { contract, ownerSet, dataset } of [...keys, ...guards]) requireNames([contract, ownerSet, dataset]);
    const { network, channel } = follower.profile().message;
    const { state } = follower;
    // One synchronous stretch: all of one height.
    const isStale = [
      ...keys.map(({ contract, ownerSet, dataset, ledgerKey, packetHash, legacyKeyHash, legacyValueHash }) => {
        requireLength('ledger_key', ledgerKey, 32);
        if (legacyKeyHash.length > 0) requireLength('legacy_key_hash', legacyKeyHash, 32);
        const isLegacyCurrent = legacyKeyHash.length === 0 || (state.legacyHash !== undefined && equalBytes(state.legacyHash(contract, dataset, legacyKeyHash) ?? ABSENT, legacyValueHash));
        return !isLegacyCurrent || !equalBytes(state.version(contract, ownerSet, dataset, ledgerKey) ?? ABSENT, packetHash);
      }),
      ...guards.map(({ contract, ownerSet, dataset, guardKey, txId }) => {
        requireLength('guard_key', guardKey, 32);
        return !equalBytes(state.guard(contract, ownerSet, dataset, guardKey) ?? ABSENT, txId);
      }),
    ];
    const stale = isStale.flatMap((is, place) => (is ? [place] : []));
    const statement = encodeMessage(StandingReadsSchema, { network, channel, height: state.height, readsDigest: sha256(reads), stale, nonce });
    return create(ReadsStatementSchema, { statement, signature: signAs(signer, signing.standingReads(statement)) });
  };
  return { getLedgerView, getSetDigest, getHistoryHead, confirmReads, getCommitStatement };
}

function requireNames(names: readonly string[]): void {
  for (const name of names) requireAtMost('bytes of a name', Buffer.byteLength(name), LIMITS.maxNameBytes);
}

function requireNonce(nonce: Uint8Array): void {
  if (nonce.length < 16 || nonce.length > 32) throw new SelvedgeError('MALFORMED_MESSAGE', `nonce: ${String(nonce.length)} bytes, 16 to 32 expected`);
}
