import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { withRole } from '@selvedge/errors';
import { asksForEvidence, type Profile } from '@selvedge/policy';
import {
  ChaincodeEventSchema,
  encodeMessage,
  ResponseSchema,
  SealedResponseSchema,
  TargetDataSchema,
  targetDigest,
  teeSigningInput,
  type ContractPolicy,
  type SealedResponse,
  type SetDigestStatement,
  type TargetData,
} from '@selvedge/protocol';
import { eventDigest, responseDigest, sealResponse } from '@selvedge/sealed-objects';
import type { CertifiedSigner } from '@selvedge/tee-node';
import type { ChaincodeResult } from '../ports.js';
import type { AuthorisedRequest } from './authorise.js';
import { buildCore, type AnswerDigests, type BuiltCore, type ContractPart, type CoreDigests } from './build-core.js';
import type { UnsealedRequest } from './open-request.js';
import type { ContractKeyPolicy } from './transaction-contracts.js';

const EMPTY = new Uint8Array(0);
/** From here on a chaincode's status is an error (Fabric's shim.ERRORTHRESHOLD). */
const ERROR_THRESHOLD = 400;
const REFUSED_STATUS = 500;

type ResponseInit = MessageInitShape<typeof ResponseSchema>;

/** Whether the chaincode itself refused. */
export function isChaincodeError(result: ChaincodeResult): boolean {
  return result.status >= ERROR_THRESHOLD;
}

/** What the chaincode answered, as the client reads it. */
export function responseOf({ status, message, payload, event }: ChaincodeResult, viewHeight: bigint): ResponseInit {
  return { status, message, payload, viewHeight, ...(event === undefined ? {} : { event }) };
}

/** What all replicas agree on: Response bytes without the view's height. */
export function agreedResponse(result: ChaincodeResult): Uint8Array {
  return encodeMessage(ResponseSchema, responseOf(result, 0n));
}

/** A refusal after authentication (DESIGN 4, invariant 9). A foreign error shows nothing of its own text. */
export function refusalResponse(error: unknown): ResponseInit {
  const { code, role, message, action } = withRole(error, 'compute');
  return { status: REFUSED_STATUS, refusal: { code, role: role ?? 'compute', message, action } };
}

/** What one submit adds to target data. */
export interface TargetItem extends BuiltCore {
  readonly statements: readonly SetDigestStatement[];
  readonly keyPolicies: readonly ContractKeyPolicy[];
  /** Of the contracts that it touches. */
  readonly policies: readonly ContractPolicy[];
}

/** Builds a submit's core and what belongs to it. Throws as buildCore. */
export function createTargetItem(input: {
  readonly unsealed: UnsealedRequest;
  readonly request: AuthorisedRequest;
  /** The invoked contract's first. */
  readonly parts: readonly ContractPart[];
  /** In force for written keys. */
  readonly keyPolicies: readonly ContractKeyPolicy[];
  readonly result: ChaincodeResult;
  /** Default: keyed with the transaction key. */
  readonly answerDigests?: CoreDigests['answerDigests'];
}): TargetItem {
  const { unsealed, request, parts, keyPolicies, result } = input;
  const { transactionKey, requestDigest } = unsealed;
  const { suite } = unsealed.header;
  const { event } = result;
  const answerDigests = (): AnswerDigests => ({
    responseDigest: responseDigest(suite, transactionKey, agreedResponse(result)),
    eventDigest: event === undefined ? EMPTY : eventDigest(suite, transactionKey, encodeMessage(ChaincodeEventSchema, event)),
  });
  const built = buildCore(request, parts, event, { requestDigest, answerDigests: input.answerDigests ?? answerDigests });
  return { ...built, statements: parts.flatMap(({ recorded }) => recorded.statements), keyPolicies, policies: parts.map(({ terms }) => terms.policy) };
}

/**
 * Target data of submits, in order: cores, packets and this node's one TEE signature over all of them; with its evidence, where a
 * quorum counts types of TEE. It travels in the clear, so that names of legacy keys are not in it.
 */
export function createTargetData(items: readonly TargetItem[], signer: CertifiedSigner, { message: profile }: Profile): TargetData {
  const cores = items.map(({ core }) => core);
  const attachments = {
    packets: items.flatMap(({ packets }) => packets),
    sealedEvents: items.flatMap(({ sealedEvents }) => sealedEvents),
    teeSignatures: [{ certificate: signer.certificate, signature: signer.sign(teeSigningInput(cores)) }],
    // Items that query one set rest on the same statements; every endorser verifies each that is sent.
    statements: [...new Set(items.flatMap(({ statements }) => statements))],
    keyPolicies: items.flatMap(({ keyPolicies }) => keyPolicies),
    nodeEvidence: items.some(({ policies }) => policies.some((policy) => asksForEvidence({ profile, policy }))) ? [signer.evidence] : [],
  };
  return create(TargetDataSchema, { cores, attachments });
}

/** Seals an answer under a response key of its own (DESIGN 2, step 1), to the request's own core where it has one. */
export function sealAnswer(nodeId: string, unsealed: UnsealedRequest, response: ResponseInit, core?: Uint8Array): SealedResponse {
  const { transactionKey, headerBytes, requestDigest, header } = unsealed;
  const parts = sealResponse({
    suite: header.suite,
    transactionKey,
    headerBytes,
    nodeId,
    requestDigest,
    coreDigest: core === undefined ? EMPTY : targetDigest([core], EMPTY),
    responseBytes: encodeMessage(ResponseSchema, response),
  });
  return create(SealedResponseSchema, { nodeId, ...parts });
}
