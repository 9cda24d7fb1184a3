import { create } from '@bufbuild/protobuf';
import { equalBytes, sha256, toHex } from '@selvedge/crypto';
import { refusalFromWire, SelvedgeError } from '@selvedge/errors';
import {
  AttachmentsSchema,
  encodeMessage,
  LIMITS,
  parseCores,
  parseMessage,
  ResponseSchema,
  targetDigest,
  verifyPacketsMatch,
  type Core,
  type Response,
  type SealedResponse,
  type TargetData,
} from '@selvedge/protocol';
import { openResponse, responseDigest } from '@selvedge/sealed-objects';
import type { BuiltRequest } from './request.js';

/** Fabric's chaincode statuses: from here on an answer is an error (shim.ERRORTHRESHOLD). */
const ERROR_THRESHOLD = 400;
const NO_CORE = new Uint8Array(0);
const NO_MASK = new Uint8Array(0);

/** One compute node's answer, opened and checked against the request. */
export interface Answer {
  readonly nodeId: string;
  readonly response: Response;
}

/** An answer to a submit: what the endorsers will see beside what the client may see. */
export interface TargetAnswer extends Answer {
  readonly targetData: TargetData;
  readonly cores: readonly Core[];
}

/**
 * Opens the answer to an evaluate.
 * Throws DECRYPT_FAILED, CHAINCODE_ERROR with the chaincode's own text, the node's refusal, or STATE_UNCONFIRMED when fewer organisations
 * confirm it than were asked for.
 */
export function openEvaluateAnswer(request: BuiltRequest, sealed: SealedResponse): Answer {
  const response = openResponseTo(request, sealed, undefined);
  const confirmed = new Set(response.confirmation?.mspIds).size;
  // A node of a release that knows nothing of it would answer all the same.
  if (confirmed < request.confirmQuorum) throw refuse('STATE_UNCONFIRMED', sealed, `says that ${String(confirmed)} organisations confirm what it read, ${String(request.confirmQuorum)} were asked for`);
  return { nodeId: sealed.nodeId, response };
}

/**
 * Opens the answer to a submit and checks its target data against the request and the response.
 * Throws as openEvaluateAnswer, and RESPONSE_DIGEST_MISMATCH, TX_ID_MISMATCH, WRONG_NETWORK, WRONG_CHANNEL,
 * TARGET_DATA_INCONSISTENT, PACKET_MISMATCH or what parseCores throws.
 */
export function openSubmitAnswer(request: BuiltRequest, sealed: SealedResponse): TargetAnswer {
  const { targetData } = sealed;
  const { legacyKeys, ...opened } = openResponseTo(request, sealed, targetData?.cores[0]);
  const response = { ...opened, legacyKeys: [] };
  if (targetData === undefined) throw refuse('TARGET_DATA_INCONSISTENT', sealed, 'sent no target data');
  const [core, ...others] = parseCores(targetData.cores, targetData.itemMask);
  if (core === undefined || others.length > 0) throw refuse('TARGET_DATA_INCONSISTENT', sealed, 'sent target data of more than one request');
  verifyCore(request, sealed, core, response);
  const attachments = targetData.attachments ?? create(AttachmentsSchema);
  verifyPacketsMatch([core], attachments.packets);
  verifyLegacyKeys(sealed, core, legacyKeys);
  return { nodeId: sealed.nodeId, response, targetData: { ...targetData, attachments: { ...attachments, legacyKeys } }, cores: [core] };
}

/** The names are for endorsers, who see exactly those that the core has hashes of. */
function verifyLegacyKeys(sealed: SealedResponse, { sections }: Core, names: readonly Uint8Array[]): void {
  const hashes = sections.flatMap(({ reads, writes }) => [...reads, ...writes].flatMap(({ legacyKeyHash }) => (legacyKeyHash.length === 0 ? [] : [toHex(legacyKeyHash)])));
  const [wanted, named] = [new Set(hashes), new Set(names.map((name) => toHex(sha256(name))))];
  if (named.size !== names.length || named.size !== wanted.size || [...wanted].some((hash) => !named.has(hash))) throw refuse('TARGET_DATA_INCONSISTENT', sealed, 'named other legacy keys than those of its core');
}

/**
 * Opens a response that is sealed to the request's own core, or to none. Throws DECRYPT_FAILED, CHAINCODE_ERROR with the
 * chaincode's own text, or the node's refusal.
 */
export function openResponseTo(request: BuiltRequest, sealed: SealedResponse, core: Uint8Array | undefined): Response {
  const coreDigest = core === undefined ? NO_CORE : targetDigest([core], NO_MASK);
  const bytes = openResponse({
    suite: request.suite,
    transactionKey: request.transactionKey,
    headerBytes: request.headerBytes,
    nodeId: sealed.nodeId,
    requestDigest: request.requestDigest,
    coreDigest,
    salt: sealed.salt,
    ciphertext: sealed.ciphertext,
  });
  const response = parseMessage(ResponseSchema, bytes, LIMITS.maxMessageBytes);
  if (response.refusal !== undefined) throw refusalFromWire(response.refusal);
  if (response.status >= ERROR_THRESHOLD) {
    throw new SelvedgeError('CHAINCODE_ERROR', `chaincode response ${String(response.status)}, ${response.message}`, {
      role: 'compute',
      details: { status: response.status, nodeId: sealed.nodeId },
    });
  }
  return response;
}

/** Checks a core against the request and the response that it must be of. Throws as openSubmitAnswer. */
export function verifyCore(request: BuiltRequest, sealed: SealedResponse, core: Core, response: Response): void {
  if (core.network !== request.network) throw refuse('WRONG_NETWORK', sealed, 'answered for another network');
  if (core.channel !== request.channel) throw refuse('WRONG_CHANNEL', sealed, 'answered for another channel');
  if (core.suite !== request.suite) throw refuse('TARGET_DATA_INCONSISTENT', sealed, 'answered in another suite');
  if (!equalBytes(core.txId, request.txId)) throw refuse('TX_ID_MISMATCH', sealed, 'answered for another transaction');
  if (!equalBytes(core.requestDigest, request.requestDigest)) throw refuse('RESPONSE_DIGEST_MISMATCH', sealed, 'signed for another request');
  verifyResponse(request, sealed, core, response);
  const isOwnTime = core.timestampSeconds === request.timestampSeconds && core.timestampNanos === request.timestampNanos;
  if (!isOwnTime) throw refuse('TARGET_DATA_INCONSISTENT', sealed, 'signed another time than the request’s');
  const [invoked, ...called] = core.sections;
  if (invoked?.contract !== request.contract) throw refuse('TARGET_DATA_INCONSISTENT', sealed, 'answered for another contract');
  if (invoked.keyEpoch !== request.keyEpoch) throw refuse('TARGET_DATA_INCONSISTENT', sealed, 'wrote under another key epoch');
  // A contract that the request fixes no epoch for cannot have been called.
  const foreign = called.find(({ contract, keyEpoch }) => request.calledEpochs.get(contract) !== keyEpoch);
  if (foreign !== undefined) throw refuse('TARGET_DATA_INCONSISTENT', sealed, `called ${foreign.contract} under another key epoch`);
}

/** What a gated core names can be checked only when it is opened; until then it must not stand beside it in the clear. */
function verifyResponse(request: BuiltRequest, sealed: SealedResponse, core: Core, response: Response): void {
  if (!core.gated) {
    if (!equalBytes(core.responseDigest, agreedResponseDigest(request, response))) throw refuse('RESPONSE_DIGEST_MISMATCH', sealed, 'sent a response that its target data does not name');
    return;
  }
  const isSealed = response.gatedResult.length > 0 && response.payload.length === 0 && response.message === '' && response.event === undefined;
  if (!isSealed) throw refuse('TARGET_DATA_INCONSISTENT', sealed, 'did not seal the result of a gated core');
}

/** Digest of what all replicas agree on: the response without the height of the node's view. */
function agreedResponseDigest(request: BuiltRequest, response: Response): Uint8Array {
  return responseDigest(request.suite, request.transactionKey, encodeMessage(ResponseSchema, { ...response, viewHeight: 0n }));
}

function refuse(code: 'WRONG_NETWORK' | 'WRONG_CHANNEL' | 'TX_ID_MISMATCH' | 'RESPONSE_DIGEST_MISMATCH' | 'TARGET_DATA_INCONSISTENT' | 'STATE_UNCONFIRMED', sealed: SealedResponse, what: string): SelvedgeError {
  return new SelvedgeError(code, `compute node ${sealed.nodeId} ${what}`, { role: 'client', details: { nodeId: sealed.nodeId } });
}
