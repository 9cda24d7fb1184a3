import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { createTargetData, type TargetDataInput, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import {
  BatchResponseSchema,
  encodeMessage,
  LIMITS,
  parseMessage,
  RequestBodySchema,
  RequestKind,
  ResponseSchema,
  SealedResponseSchema,
  SignedRequestSchema,
  targetDigest,
  teeSigningInput,
  type BatchResponse,
  type RequestBody,
  type SealedRequest,
  type SealedResponse,
  type TargetData,
} from '@selvedge/protocol';
import { openSealedRequest, requestDigest, responseDigest, sealResponse, type OpenedRequest } from '@selvedge/sealed-objects';

type ResponseInit = MessageInitShape<typeof ResponseSchema>;

/** A request as a compute node sees it. */
export interface FakeOpened {
  readonly opened: OpenedRequest;
  readonly body: RequestBody;
}

/** What may be different about an answer. */
export interface FakeAnswer {
  readonly response?: ResponseInit;
  /** The response that the core names, when it is not the one that is sent. */
  readonly signedResponse?: ResponseInit;
  readonly nodeId?: string;
  /** Names of legacy keys, when they are not those of the core. */
  readonly legacyKeys?: readonly Uint8Array[];
  /** Answers a submit as if it were an evaluate. */
  readonly omitTargetData?: boolean;
  readonly targetData?: Omit<TargetDataInput, 'consortium' | 'nodes' | 'txId' | 'keyEpoch'>;
  /** After the response is sealed to the target data. */
  readonly changeSealed?: (sealed: SealedResponse) => void;
}

/** Opens a request under the consortium's envelope keys. */
export function openRequest(consortium: TestConsortium, request: SealedRequest): FakeOpened {
  const keys = consortium.envelopeKeys;
  const opened = openSealedRequest(request, (suite) => keys[suite as keyof typeof keys], consortium);
  const signed = parseMessage(SignedRequestSchema, opened.signedRequest, LIMITS.maxRequestBytes);
  return { opened, body: parseMessage(RequestBodySchema, signed.body, LIMITS.maxRequestBytes) };
}

/** What the fake chaincode answers to a function name. */
export function responseTo(body: RequestBody): ResponseInit {
  const [name, ...args] = body.args.map((arg) => Buffer.from(arg).toString());
  if (name === 'fail') return { status: 500, message: `the key ${args[0] ?? ''} does not exist` };
  return { status: 200, payload: Buffer.from(`${name ?? ''}(${args.join(',')})`), viewHeight: 7n };
}

/** Runs a request as a compute node does: opens it, answers, signs and seals. */
export function executeRequest(consortium: TestConsortium, node: TestComputeNode, request: SealedRequest, answer: FakeAnswer = {}): Promise<SealedResponse> {
  const { opened, body } = openRequest(consortium, request);
  const response = answer.response ?? responseTo(body);
  const isRefused = (response.status ?? 0) >= 400 || response.refusal !== undefined;
  const isWanted = [RequestKind.SUBMIT, RequestKind.RE_ENCRYPT, RequestKind.MIGRATE_NAMES].includes(body.kind) && !isRefused && answer.omitTargetData !== true;
  const targetData = isWanted ? buildTargetData(consortium, node, { opened, body }, answer.signedResponse ?? response, answer) : undefined;
  const nodeId = answer.nodeId ?? node.nodeId;
  const legacyKeys = [...(answer.legacyKeys ?? targetData?.attachments?.legacyKeys ?? [])];
  if (targetData?.attachments !== undefined) targetData.attachments.legacyKeys = [];
  const sealed = create(SealedResponseSchema, {
    nodeId,
    ...sealResponse({
      suite: opened.header.suite,
      transactionKey: opened.transactionKey,
      headerBytes: opened.headerBytes,
      nodeId,
      requestDigest: requestDigest(opened.header.suite, opened.transactionKey, opened.signedRequest),
      coreDigest: targetData === undefined ? new Uint8Array(0) : targetDigest(targetData.cores, targetData.itemMask),
      responseBytes: encodeMessage(ResponseSchema, { ...response, legacyKeys }),
    }),
    ...(targetData === undefined ? {} : { targetData }),
  });
  answer.changeSealed?.(sealed);
  return Promise.resolve(sealed);
}

/** Runs a batch: each request as by itself, all cores under one signature. */
export async function executeRequests(consortium: TestConsortium, node: TestComputeNode, requests: readonly SealedRequest[], answer: FakeAnswer = {}): Promise<BatchResponse> {
  const answers = await Promise.all(requests.map((request) => executeRequest(consortium, node, request, answer)));
  const targets = answers.flatMap(({ targetData }) => targetData ?? []);
  const cores = targets.flatMap((target) => target.cores);
  const attachments = {
    packets: targets.flatMap((target) => target.attachments?.packets ?? []),
    sealedEvents: targets.flatMap((target) => target.attachments?.sealedEvents ?? []),
    statements: targets.flatMap((target) => target.attachments?.statements ?? []),
    teeSignatures: [{ certificate: node.certificate, signature: node.suite.sign(node.privateKey, teeSigningInput(cores.length === 0 ? [new Uint8Array(0)] : cores)) }],
  };
  return create(BatchResponseSchema, {
    items: answers.map(({ targetData, ...response }) => ({ response, hasCore: targetData !== undefined })),
    ...(cores.length === 0 ? {} : { targetData: { cores, attachments } }),
  });
}

function buildTargetData(consortium: TestConsortium, node: TestComputeNode, { opened, body }: FakeOpened, response: ResponseInit, answer: FakeAnswer): TargetData {
  return createTargetData({
    consortium,
    nodes: [node],
    txId: opened.header.txId,
    keyEpoch: body.keyEpoch,
    ...answer.targetData,
    changeCore: (core) => {
      core.requestDigest = requestDigest(opened.header.suite, opened.transactionKey, opened.signedRequest);
      core.responseDigest = responseDigest(opened.header.suite, opened.transactionKey, encodeMessage(ResponseSchema, { ...response, viewHeight: 0n }));
      core.timestampSeconds = body.timestampSeconds;
      core.timestampNanos = body.timestampNanos;
      answer.targetData?.changeCore?.(core);
    },
  });
}
