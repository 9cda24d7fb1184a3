import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { LIMITS, parseMessage, requireLength, SetDigestSchema, signing, type SetDigest, type SetDigestStatement } from '@selvedge/protocol';

/** A statement whose signature holds. */
export interface VerifiedStatement {
  /** The organisation whose peer signed. */
  readonly mspId: string;
  readonly digest: SetDigest;
  readonly signed: SetDigestStatement;
}

const MAX_STATEMENT_BYTES = 8 * LIMITS.maxNameBytes;

/** Checks who signed a statement, and that it is of this network and channel. Throws SET_DIGEST_INVALID. */
export function verifySetStatement(signed: SetDigestStatement, profile: Profile): VerifiedStatement {
  const { signature } = signed;
  if (signature === undefined) throw invalid('a statement is not signed');
  const { mspId } = orInvalid('a statement is not signed by a peer of the network', () => profile.msps.verifySignature(signature, signing.setDigest(signed.statement), { role: 'peer' }));
  const digest = orInvalid('a statement does not parse', () => parseSetDigest(signed.statement));
  if (digest.network !== profile.message.network) throw invalid('a statement is of another network');
  if (digest.channel !== profile.message.channel) throw invalid('a statement is of another channel');
  return { mspId, digest, signed };
}

/** Throws MALFORMED_MESSAGE or MESSAGE_TOO_LARGE. */
function parseSetDigest(bytes: Uint8Array): SetDigest {
  const digest = parseMessage(SetDigestSchema, bytes, MAX_STATEMENT_BYTES);
  requireLength('root', digest.root, 32);
  if (digest.datasetTag.length > 0) requireLength('dataset_tag', digest.datasetTag, 32);
  if (digest.guardTxId.length > 0) requireLength('guard_tx_id', digest.guardTxId, 32);
  return digest;
}

/** Everything that a statement says, as one text: equal statements give equal texts. */
export function digestText({ network, channel, contract, ownerSet, dataset, datasetTag, height, root, count, guardTxId }: SetDigest): string {
  return JSON.stringify([network, channel, contract, ownerSet, dataset, toHex(datasetTag), String(height), toHex(root), String(count), toHex(guardTxId)]);
}

/**
 * Whether organisations are enough to be believed about what owners hold (DESIGN 5): as many as the profile's view quorum, and one
 * of them not an owner, unless every organisation of the network is one.
 * @param input.count asks for more of them
 */
export function isStatementQuorum(mspIds: ReadonlySet<string>, { owners, profile, count = 1 }: { readonly owners: readonly string[]; readonly profile: Profile; readonly count?: number }): boolean {
  const { organisations, viewQuorum } = profile.message;
  if (mspIds.size < Math.max(viewQuorum, count)) return false;
  const isOwner = (mspId: string): boolean => owners.includes(mspId);
  return [...mspIds].some((mspId) => !isOwner(mspId)) || organisations.every(({ mspId }) => isOwner(mspId));
}

function orInvalid<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new SelvedgeError('SET_DIGEST_INVALID', what, { cause });
  }
}

function invalid(what: string): SelvedgeError {
  return new SelvedgeError('SET_DIGEST_INVALID', what);
}
