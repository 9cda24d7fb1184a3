import type { Appraise } from '@selvedge/attestation';
import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Identity } from '@selvedge/identity';
import type { LedgerView } from '@selvedge/ledger-view';
import type { KeyHolder, Profile } from '@selvedge/policy';
import { computeTxId, RequestKind, signing, type RequestBody } from '@selvedge/protocol';
import type { HeldKeys } from '@selvedge/tee-node';
import { agreeTerms, type ContractTerms } from './contract-terms.js';
import { isGatedCall } from './gated-calls.js';
import { verifyMayWrite } from './name-migration.js';
import { openParts, type MappedParts } from './open-parts.js';
import type { UnsealedRequest } from './open-request.js';
import { partitionOf, type Partition } from './partition.js';
import { verifyMayReEncrypt } from './re-encryption.js';
import { isUpdate, parseRequest, type ParsedRequest } from './request-body.js';

const NO_PARTS: MappedParts = { parts: [], inherited: [] };

/** A request that may run. */
export interface AuthorisedRequest extends ContractTerms {
  readonly body: RequestBody;
  readonly isSubmit: boolean;
  /** Its result is released when it is committed. */
  readonly isGated: boolean;
  /** undefined: it is whole. */
  readonly partition: Partition | undefined;
  /** What a reduce goes over; otherwise none. */
  readonly mapped: MappedParts;
  readonly creator: Identity;
  /** 32 bytes, and lower-case hex. */
  readonly txId: Uint8Array;
  readonly txIdHex: string;
}

export interface AuthoriseContext {
  readonly view: LedgerView;
  readonly keys: HeldKeys;
  /** This node, as key access rules name it. */
  readonly self: KeyHolder;
  readonly now: Date;
  /** Of nodes' evidence. */
  readonly appraise: Appraise;
  /** How far the request's timestamp may be off, either way. */
  readonly freshnessMs: number;
}

/**
 * Decides whether an unsealed request may run (DESIGN 2, step 2). Everything that it throws is answered under the
 * response key: the codes of parseRequest, MspRegistry.verifySignature and agreeTerms; WRONG_NETWORK, WRONG_CHANNEL,
 * TX_ID_MISMATCH, PROFILE_MISMATCH, REQUEST_EXPIRED, FEATURE_UNSUPPORTED, STATE_UNCONFIRMED, RE_ENCRYPTION_DENIED, CONTRACT_MIGRATING, NAME_MIGRATION_NOT_OPEN,
 * RESULT_GATED, RESULT_GATE_UNSET, and what partitionOf and openParts throw.
 */
export function authoriseRequest(unsealed: UnsealedRequest, context: AuthoriseContext): AuthorisedRequest {
  const { view, now } = context;
  const request = parseRequest(unsealed.signedRequest);
  const { body } = request;
  verifyConsistent(unsealed, body);
  if (!equalBytes(body.profileDigest, view.profile.digest)) throw new SelvedgeError('PROFILE_MISMATCH', 'the request was made under another network profile');
  const creator = verifyCreator(request, view.profile, now);
  verifyFresh(body, now, context.freshnessMs);
  const { contract, keyEpoch } = body;
  const terms = agreeTerms({ contract, keyEpoch, suite: unsealed.header.suite }, context);
  verifyConfirmable(body, view.profile);
  const isGated = isGatedCall(body, terms.policy);
  verifyMayReEncrypt(body, { policy: terms.policy, creator, view });
  const isSubmit = isUpdate(body);
  if (isSubmit) verifyMayWrite(body, contract, terms.names);
  const { txId } = unsealed.header;
  const partition = partitionOf(body, terms.policy);
  const mapped = partition?.kind === 'reduce' ? openParts(body, txId, partition.rule, terms, context) : NO_PARTS;
  return { ...terms, body, isSubmit, isGated, partition, mapped, creator, txId, txIdHex: toHex(txId) };
}

function verifyConsistent({ header }: UnsealedRequest, body: RequestBody): void {
  if (body.network !== header.network) throw new SelvedgeError('WRONG_NETWORK', 'body and header name different networks');
  if (body.channel !== header.channel) throw new SelvedgeError('WRONG_CHANNEL', 'body and header name different channels');
  if (!equalBytes(computeTxId(body.nonce, body.creator), header.txId)) throw new SelvedgeError('TX_ID_MISMATCH', 'the transaction id is not that of nonce and creator');
}

/** Chain, revocation, validity period and signature of the creator. */
function verifyCreator({ body, bodyBytes, signature }: ParsedRequest, profile: Profile, at: Date): Identity {
  return profile.msps.verifySignature({ identity: body.creator, signature }, signing.request(bodyBytes), { at });
}

function verifyFresh(body: RequestBody, now: Date, freshnessMs: number): void {
  const timestampMs = Number(body.timestampSeconds) * 1000 + body.timestampNanos / 1_000_000;
  const offMs = Math.abs(now.getTime() - timestampMs);
  if (!(offMs <= freshnessMs)) throw new SelvedgeError('REQUEST_EXPIRED', `the request’s timestamp is more than ${String(freshnessMs)} ms off`);
}

/** A quorum that no network of this size can give is refused at once. */
function verifyConfirmable({ confirmQuorum, kind }: RequestBody, { message }: Profile): void {
  if (confirmQuorum === 0) return;
  if (kind !== RequestKind.EVALUATE) throw new SelvedgeError('FEATURE_UNSUPPORTED', 'confirming what is no query');
  const count = message.organisations.length;
  if (confirmQuorum > count) throw new SelvedgeError('STATE_UNCONFIRMED', `${String(confirmQuorum)} organisations are to confirm, the network has ${String(count)}`);
}
