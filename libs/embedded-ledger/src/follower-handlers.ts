import { create } from '@bufbuild/protobuf';
import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { signAs, type Signer } from '@selvedge/identity';
import {
  encodeMessage, HistoryHeadSchema, HistoryHeadStatementSchema, LedgerViewAnswerSchema, LedgerViewStatementSchema, LIMITS, requireAtMost, requireLength, signing,
  type HistoryHeadRequest, type HistoryHeadStatement, type LedgerViewAnswer, type LedgerViewRequest,
} from '@selvedge/protocol';
import type { Follower } from './follow.js';

/** Handlers of the Follower service; implement(Follower, …) takes them. */
export interface FollowerHandlers {
  /** Throws MALFORMED_MESSAGE for a nonce outside 16 to 32 bytes, NOT_READY before the ledger holds a profile. */
  getLedgerView(request: LedgerViewRequest): Promise<LedgerViewAnswer>;
  /** Throws MALFORMED_MESSAGE or LIMIT_EXCEEDED. */
  getHistoryHead(request: HistoryHeadRequest): Promise<HistoryHeadStatement>;
}

/** Answers ledger views of a follower, signed by its organisation's peer identity. Facts go along only when the asker's root is another. */
export function createFollowerHandlers({ follower, signer }: { readonly follower: Pick<Follower, 'head' | 'profile' | 'state'>; readonly signer: Signer }): FollowerHandlers {
  // An async function, so that refusals are rejections.
  // eslint-disable-next-line @typescript-eslint/require-await
  const getLedgerView = async ({ nonce, knownPolicyRoot }: LedgerViewRequest): Promise<LedgerViewAnswer> => {
    requireNonce(nonce);
    const { height, blockHash, policyRoot, facts } = follower.head;
    // On Fabric the channel is older than the network's policy.
    if (facts.length === 0) throw new SelvedgeError('NOT_READY', 'the ledger’s policy has not arrived yet');
    const { network, channel } = follower.profile().message;
    const statement = encodeMessage(LedgerViewStatementSchema, { network, channel, height, blockHash, policyRoot, nonce });
    const hasFacts = !equalBytes(knownPolicyRoot, policyRoot);
    return create(LedgerViewAnswerSchema, { statement, signature: signAs(signer, signing.ledgerView(statement)), hasFacts, facts: hasFacts ? [...facts] : [] });
  };
  // eslint-disable-next-line @typescript-eslint/require-await
  const getHistoryHead = async ({ contract, ownerSet, dataset, ledgerKey, nonce }: HistoryHeadRequest): Promise<HistoryHeadStatement> => {
    requireNonce(nonce);
    for (const name of [contract, ownerSet, dataset]) requireAtMost('bytes of a name', Buffer.byteLength(name), LIMITS.maxNameBytes);
    requireLength('ledger_key', ledgerKey, 32);
    const { network, channel } = follower.profile().message;
    // One synchronous stretch: both are of one height.
    const { head, count } = follower.state.history(contract, ownerSet, dataset, ledgerKey);
    const { height } = follower.state;
    const statement = encodeMessage(HistoryHeadSchema, { network, channel, contract, ownerSet, dataset, ledgerKey, height, head, count, nonce });
    return create(HistoryHeadStatementSchema, { statement, signature: signAs(signer, signing.historyHead(statement)) });
  };
  return { getLedgerView, getHistoryHead };
}

function requireNonce(nonce: Uint8Array): void {
  if (nonce.length < 16 || nonce.length > 32) throw new SelvedgeError('MALFORMED_MESSAGE', `nonce: ${String(nonce.length)} bytes, 16 to 32 expected`);
}
