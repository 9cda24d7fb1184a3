import { compareBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Identity } from '@selvedge/identity';
import { newestEpoch, type FactReader } from '@selvedge/policy';
import {
  encodeMessage, LIMITS, parseMessage, ReEncryptedSchema, ReEncryptSchema, requireAtMost, RequestKind, requireLength, requireStrictlyAscending, type ContractPolicy, type RequestBody,
} from '@selvedge/protocol';
import type { ChaincodeResult } from '../ports.js';
import { onlyArgument } from './only-argument.js';

/** What became of keys that were to be re-encrypted. */
export interface ReEncryption {
  /** So many, from the first on; the others did not fit. */
  readonly seen: number;
  /** Of them. */
  readonly written: number;
}

/** Entries that can be written once more as they are. */
export interface ReEncryptable {
  /**
   * Writes the values of these keys once more, in this order, for as long as they fit: under the request's key epoch, each
   * as it was read. Leaves alone what is absent and what lies under that epoch. Throws FEATURE_UNSUPPORTED where entries end by themselves.
   */
  reEncrypt(dataset: string, ledgerKeys: readonly Uint8Array[]): Promise<ReEncryption>;
}

const KINDS: ReadonlySet<RequestKind> = new Set([RequestKind.LIST_KEY_EPOCHS, RequestKind.RE_ENCRYPT, RequestKind.LIST_NAMES, RequestKind.MIGRATE_NAMES]);

/** Whether a request re-encrypts or migrates names, or asks what there is to do: an operator's work, in which no contract takes part. */
export function isReEncryption({ kind }: Pick<RequestBody, 'kind'>): boolean {
  return KINDS.has(kind);
}

/**
 * Such work is for administrators of the contract's owners: it changes no value and tells none, but it writes, and it takes
 * the time of everybody's nodes. It goes to the newest epoch alone: under the one before, it would have to be done again.
 * Throws RE_ENCRYPTION_DENIED, KEY_EPOCH_RETIRED.
 */
export function verifyMayReEncrypt(body: Pick<RequestBody, 'kind' | 'contract' | 'keyEpoch'>, { policy, creator, view }: { readonly policy: ContractPolicy; readonly creator: Identity; readonly view: FactReader }): void {
  if (!isReEncryption(body)) return;
  const isOwner = policy.ownerSets.some(({ owners }) => owners.includes(creator.mspId));
  if (!isOwner) throw new SelvedgeError('RE_ENCRYPTION_DENIED', `${creator.mspId} owns nothing of contract ${body.contract}`);
  if (creator.role !== 'admin') throw new SelvedgeError('RE_ENCRYPTION_DENIED', `the identity of ${creator.mspId} is no administrator’s`);
  const newest = newestEpoch(view, body.contract);
  if (body.keyEpoch !== newest) throw new SelvedgeError('KEY_EPOCH_RETIRED', `key epoch ${String(body.keyEpoch)} is older than epoch ${String(newest)}`);
}

/**
 * Writes entries of a contract once more, under the request's key epoch: ReEncrypted bytes as the payload. What it read and
 * wrote is in the contracts' sets, as after a run of chaincode. Throws MALFORMED_MESSAGE, LIMIT_EXCEEDED and what
 * ReEncryptable throws.
 */
export async function reEncryptKeys(body: Pick<RequestBody, 'args'>, contracts: ReEncryptable): Promise<ChaincodeResult> {
  const { dataset, ledgerKeys } = parseMessage(ReEncryptSchema, onlyArgument(body), LIMITS.maxRequestBytes);
  requireAtMost('keys to re-encrypt', ledgerKeys.length, LIMITS.maxReEncryptedKeys);
  for (const ledgerKey of ledgerKeys) requireLength('ledger key', ledgerKey, 32);
  requireStrictlyAscending('keys to re-encrypt', ledgerKeys, compareBytes);
  return { status: 200, message: '', payload: encodeMessage(ReEncryptedSchema, await contracts.reEncrypt(dataset, ledgerKeys)) };
}
