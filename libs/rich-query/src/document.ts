import { isObject, isWithinDepth, type JsonObject, type JsonValue } from './json.js';

/** Deeper values are no documents: every walk over one recurses, and Fabric's own parser has such a bound as well. */
export const MAX_DOCUMENT_DEPTH = 500;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The document that a state value is, or undefined when it is none: Fabric keeps a value as a CouchDB document only if
 * it is a JSON object, anything else as an attachment that no selector sees.
 */
export function parseDocument(value: Uint8Array): JsonObject | undefined {
  if (!startsLikeObject(value)) return undefined;
  try {
    const parsed = JSON.parse(decoder.decode(value)) as JsonValue;
    return isObject(parsed) && isWithinDepth(parsed, MAX_DOCUMENT_DEPTH) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Spares the parser what is certainly no object. */
function startsLikeObject(value: Uint8Array): boolean {
  const first = value.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  return first === 0x7b;
}

/** A document under its key. In selectors, sorts and indexes its field `_id` is the key. */
export interface Row {
  readonly id: string;
  readonly document: JsonObject;
}
