import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { withRole } from '@selvedge/errors';
import {
  ChaincodeEventSchema,
  encodeMessage,
  ResponseSchema,
  SealedResponseSchema,
  TargetDataSchema,
  targetDigest,
  teeSigningInput,
  type SealedResponse,
  type TargetData,
} from '@selvedge/protocol';
import { eventDigest, responseDigest, sealResponse } from '@selvedge/sealed-objects';
import type { ChaincodeResult } from '../ports.js';
import type { CertifiedSigner } from '../request-ports.js';
import type { AuthorisedRequest } from './authorise.js';
import { buildCore, type ContractPart } from './build-core.js';
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

/** A refusal after authentication (DESIGN 4, invariant 9). A foreign error shows nothing of its own text. */
export function refusalResponse(error: unknown): ResponseInit {
  const { code, role, message, action } = withRole(error, 'compute');
  return { status: REFUSED_STATUS, refusal: { code, role: role ?? 'compute', message, action } };
}

/** Target data of a submit: core, packets and this node's TEE signature. Throws as buildCore. */
export function createTargetData(input: {
  readonly unsealed: UnsealedRequest;
  readonly request: AuthorisedRequest;
  /** The invoked contract's first. */
  readonly parts: readonly ContractPart[];
  /** In force for written keys. */
  readonly keyPolicies: readonly ContractKeyPolicy[];
  readonly result: ChaincodeResult;
  readonly signer: CertifiedSigner;
}): TargetData {
  const { unsealed, request, parts, keyPolicies, result, signer } = input;
  const { transactionKey, requestDigest } = unsealed;
  const { suite } = unsealed.header;
  const { event } = result;
  const { core, packets, sealedEvents } = buildCore(request, parts, event, {
    requestDigest,
    // Without the view's height, in which replicas differ.
    responseDigest: responseDigest(suite, transactionKey, encodeMessage(ResponseSchema, responseOf(result, 0n))),
    eventDigest: event === undefined ? EMPTY : eventDigest(suite, transactionKey, encodeMessage(ChaincodeEventSchema, event)),
  });
  const signature = { certificate: signer.certificate, signature: signer.sign(teeSigningInput([core])) };
  const attachments = {
    packets: [...packets],
    sealedEvents: [...sealedEvents],
    teeSignatures: [signature],
    statements: parts.flatMap(({ recorded }) => [...recorded.statements]),
    keyPolicies: [...keyPolicies],
  };
  return create(TargetDataSchema, { cores: [core], attachments });
}

/** Seals an answer under a response key of its own (DESIGN 2, step 1). */
export function sealAnswer(nodeId: string, unsealed: UnsealedRequest, response: ResponseInit, targetData?: TargetData): SealedResponse {
  const { transactionKey, headerBytes, requestDigest, header } = unsealed;
  const parts = sealResponse({
    suite: header.suite,
    transactionKey,
    headerBytes,
    nodeId,
    requestDigest,
    coreDigest: targetData === undefined ? EMPTY : targetDigest(targetData.cores, targetData.itemMask),
    responseBytes: encodeMessage(ResponseSchema, response),
  });
  return create(SealedResponseSchema, { nodeId, ...parts, ...(targetData === undefined ? {} : { targetData }) });
}
