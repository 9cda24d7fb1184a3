import { SelvedgeError } from '@selvedge/errors';
import {
  compareText,
  LIMITS,
  parseMessage,
  RequestBodySchema,
  RequestKind,
  requireAtMost,
  requireLength,
  requireStrictlyAscending,
  SignedRequestSchema,
  type RequestBody,
} from '@selvedge/protocol';

const NONCE_BYTES = 24;
const MAX_NANOS = 999_999_999;
const KINDS: readonly RequestKind[] = [RequestKind.EVALUATE, RequestKind.SUBMIT, RequestKind.OPEN_EVENTS, RequestKind.LIST_KEY_EPOCHS, RequestKind.RE_ENCRYPT, RequestKind.LIST_NAMES, RequestKind.MIGRATE_NAMES, RequestKind.RELEASE_RESULT, RequestKind.MAP];
const UPDATES: ReadonlySet<RequestKind> = new Set([RequestKind.SUBMIT, RequestKind.RE_ENCRYPT, RequestKind.MIGRATE_NAMES]);

/** A parsed request, not yet authorised. */
export interface ParsedRequest {
  readonly body: RequestBody;
  /** As they were signed. */
  readonly bodyBytes: Uint8Array;
  readonly signature: Uint8Array;
}

/** Parses SignedRequest bytes. Throws MALFORMED_MESSAGE, MESSAGE_TOO_LARGE or LIMIT_EXCEEDED. */
export function parseRequest(signedRequest: Uint8Array): ParsedRequest {
  const { body: bodyBytes, signature } = parseMessage(SignedRequestSchema, signedRequest, LIMITS.maxRequestBytes);
  const body = parseMessage(RequestBodySchema, bodyBytes, LIMITS.maxRequestBytes);
  requireAtMost('request signature', signature.length, LIMITS.maxSignatureBytes);
  requireAtMost('creator', body.creator.length, LIMITS.maxCreatorBytes);
  requireLength('nonce', body.nonce, NONCE_BYTES);
  requireAtMost('args', body.args.length, LIMITS.maxArgs);
  requireAtMost('transient fields', body.transient.length, LIMITS.maxTransientFields);
  requireStrictlyAscending('transient fields', body.transient, (a, b) => compareText(a.name, b.name));
  requireAtMost('contracts with a key epoch', body.calledEpochs.length, LIMITS.maxCalledContracts);
  requireStrictlyAscending('contracts with a key epoch', body.calledEpochs, (a, b) => compareText(a.contract, b.contract));
  requireAtMost('parts', body.parts.length, LIMITS.maxParts);
  const isKnownKind = KINDS.includes(body.kind);
  if (!isKnownKind) throw new SelvedgeError('MALFORMED_MESSAGE', 'request: of no known kind');
  requirePartition(body);
  const isNanos = body.timestampNanos >= 0 && body.timestampNanos <= MAX_NANOS;
  if (!isNanos) throw new SelvedgeError('MALFORMED_MESSAGE', 'request: nanoseconds of its timestamp');
  return { body, bodyBytes, signature };
}

/** A map names its place; a call may bring parts, and nothing else does. */
function requirePartition({ kind, partition: place, parts }: RequestBody): void {
  const isMap = kind === RequestKind.MAP;
  if (isMap !== (place !== undefined)) throw new SelvedgeError('MALFORMED_MESSAGE', 'request: a map, and it alone, names its place among the parts');
  if (place !== undefined) {
    requireAtMost('parts', place.count, LIMITS.maxParts);
    if (place.index >= place.count) throw new SelvedgeError('MALFORMED_MESSAGE', 'request: index of a part');
  }
  const mayHaveParts = kind === RequestKind.SUBMIT || kind === RequestKind.EVALUATE;
  if (parts.length > 0 && !mayHaveParts) throw new SelvedgeError('MALFORMED_MESSAGE', 'request: parts of what is no call');
}

/** Whether what the request writes is to be committed. */
export function isUpdate({ kind }: Pick<RequestBody, 'kind'>): boolean {
  return UPDATES.has(kind);
}
