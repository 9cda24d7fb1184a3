import { create, fromBinary, toBinary, type DescMessage, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { SelvedgeError } from '@selvedge/errors';
import { hasTooManyElements } from './element-limit.js';
import { LIMITS } from './limits.js';

/**
 * Parses untrusted bytes as one message.
 * Throws SelvedgeError MESSAGE_TOO_LARGE above maxBytes, LIMIT_EXCEEDED above LIMITS.maxElements, MALFORMED_MESSAGE when
 * they do not parse. Byte fields of the result are views of the given bytes.
 */
export function parseMessage<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array, maxBytes: number): MessageShape<Desc> {
  if (bytes.length > maxBytes) {
    throw new SelvedgeError('MESSAGE_TOO_LARGE', `${schema.name}: ${String(bytes.length)} bytes, at most ${String(maxBytes)} allowed`);
  }
  if (parseOrRefuse(schema, () => hasTooManyElements(schema, bytes, LIMITS.maxElements))) {
    throw new SelvedgeError('LIMIT_EXCEEDED', `${schema.name}: at most ${String(LIMITS.maxElements)} list entries allowed`);
  }
  return parseOrRefuse(schema, () => fromBinary(schema, bytes, { readUnknownFields: false }));
}

/** The parser's own text may repeat input; it is not passed on. */
function parseOrRefuse<T>(schema: DescMessage, parse: () => T): T {
  try {
    return parse();
  } catch {
    throw new SelvedgeError('MALFORMED_MESSAGE', `${schema.name}: does not parse`);
  }
}

/** Encodes a message: fields in order, no unknown fields, so equal messages give equal bytes. */
export function encodeMessage<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): Uint8Array {
  return toBinary(schema, create(schema, init), { writeUnknownFields: false });
}
