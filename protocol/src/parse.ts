import { create, fromBinary, toBinary, type DescMessage, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { SelvedgeError } from '@selvedge/errors';

/**
 * Parses untrusted bytes as one message.
 * Throws SelvedgeError MESSAGE_TOO_LARGE above maxBytes, MALFORMED_MESSAGE when they do not parse.
 */
export function parseMessage<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array, maxBytes: number): MessageShape<Desc> {
  if (bytes.length > maxBytes) {
    throw new SelvedgeError('MESSAGE_TOO_LARGE', `${schema.name}: ${String(bytes.length)} bytes, at most ${String(maxBytes)} allowed`);
  }
  try {
    return fromBinary(schema, bytes, { readUnknownFields: false });
  } catch {
    // The parser's own text may repeat input; it is not passed on.
    throw new SelvedgeError('MALFORMED_MESSAGE', `${schema.name}: does not parse`);
  }
}

/** Encodes a message: fields in order, no unknown fields, so equal messages give equal bytes. */
export function encodeMessage<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): Uint8Array {
  return toBinary(schema, create(schema, init), { writeUnknownFields: false });
}
