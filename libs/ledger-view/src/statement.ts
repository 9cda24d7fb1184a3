import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { CHANGE_MARK_BYTES, LedgerViewStatementSchema, LIMITS, parseMessage, policyRoot, requireAtMost, requireLength, signing, type LedgerViewAnswer } from '@selvedge/protocol';

/** Each block's list has a few bytes of its own. */
const MAX_STATEMENT_BYTES = 4096 + LIMITS.maxChangeMarks * CHANGE_MARK_BYTES + LIMITS.maxChangedBlocks * 8;

/** What one follower verifiably said. */
export interface FollowerStatement {
  readonly mspId: string;
  readonly address: string;
  readonly height: bigint;
  readonly policyRoot: Uint8Array;
  /** What each of the blocks right below the height changed, as it was signed. */
  readonly changes: readonly Uint8Array[];
  /** Present when the follower sent them; they match the root. */
  readonly facts: ReadonlyMap<string, Uint8Array> | undefined;
}

/**
 * Checks a follower's answer against the nonce it was asked with.
 * Throws MALFORMED_MESSAGE, WRONG_NETWORK, WRONG_CHANNEL, VIEW_NONCE_MISMATCH, the codes of MspRegistry.verifySignature,
 * IDENTITY_UNTRUSTED when another organisation signed than the one that was asked, and VIEW_FACTS_MISMATCH.
 */
export function verifyFollowerAnswer(input: {
  readonly answer: LedgerViewAnswer;
  readonly follower: { readonly mspId: string; readonly address: string };
  readonly nonce: Uint8Array;
  readonly profile: Profile;
}): FollowerStatement {
  const { answer, follower, nonce, profile } = input;
  const statement = parseMessage(LedgerViewStatementSchema, answer.statement, MAX_STATEMENT_BYTES);
  requireLength('policy_root', statement.policyRoot, 32);
  requireAtMost('blocks whose changes are told', statement.changes.length, LIMITS.maxChangedBlocks);
  if (BigInt(statement.changes.length) > statement.height) throw new SelvedgeError('MALFORMED_MESSAGE', 'changes of more blocks than there are');
  if (statement.network !== profile.message.network) throw new SelvedgeError('WRONG_NETWORK', 'the statement is of another network');
  if (statement.channel !== profile.message.channel) throw new SelvedgeError('WRONG_CHANNEL', 'the statement is of another channel');
  if (!equalBytes(statement.nonce, nonce)) throw new SelvedgeError('VIEW_NONCE_MISMATCH', 'the statement answers another nonce');
  if (answer.signature === undefined) throw new SelvedgeError('SIGNATURE_INVALID', 'the statement has no signature');
  const identity = profile.msps.verifySignature(answer.signature, signing.ledgerView(answer.statement), { role: 'peer' });
  if (identity.mspId !== follower.mspId) {
    throw new SelvedgeError('IDENTITY_UNTRUSTED', `a peer of ${identity.mspId} answered where ${follower.mspId} was asked`);
  }
  const facts = answer.hasFacts ? verifyFacts(answer.facts, statement.policyRoot) : undefined;
  return { mspId: identity.mspId, address: follower.address, height: statement.height, policyRoot: statement.policyRoot, changes: statement.changes, facts };
}

function verifyFacts(list: LedgerViewAnswer['facts'], root: Uint8Array): ReadonlyMap<string, Uint8Array> {
  for (const fact of list) {
    if (fact.value.length > LIMITS.maxProfileBytes) throw new SelvedgeError('LIMIT_EXCEEDED', 'a policy fact is too large');
  }
  if (!equalBytes(policyRoot(list), root)) throw new SelvedgeError('VIEW_FACTS_MISMATCH', 'the facts do not match the signed policy root');
  return new Map(list.map((fact) => [fact.key, fact.value]));
}
