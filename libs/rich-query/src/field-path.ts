import { couchError } from './rich-query-error.js';
import { isArray, isObject, property, type JsonValue } from './json.js';
import type { Row } from './document.js';

/** Names from the document's root to a field. Empty: the value itself, as within `$elemMatch`. */
export type FieldPath = readonly string[];

/** The key of a document, which CouchDB shows as a field. */
export const ID_FIELD = '_id';

export const isIdPath = (path: FieldPath): boolean => path.length === 1 && path[0] === ID_FIELD;

/**
 * Parses "a.b.c"; a dot after a backslash belongs to the name.
 * Throws RichQueryError invalid_field_name when a name is empty.
 */
export function parseFieldPath(text: string): FieldPath {
  const path = text.split(/(?<!\\)\./);
  if (path.includes('')) throw couchError('invalid_field_name', `Invalid field name: ${text}`);
  return path.map((name) => name.replaceAll('\\', ''));
}

/** One text per path, which parseFieldPath reads back as long as no name holds a backslash. */
export const fieldPathText = (path: FieldPath): string => path.map((name) => name.replaceAll('.', '\\.')).join('.');

/** Why there is no value: 'absent' when the last object lacks the name, 'unreachable' when the path leads through a scalar or out of an array. */
export type Missing = 'absent' | 'unreachable';

interface Found {
  readonly value: JsonValue;
}

/** The value at a path; a name leads into an array when it is an index. CouchDB's `$exists: false` holds for 'absent' only. */
export function readField(value: JsonValue, path: FieldPath): Found | Missing {
  let current = value;
  for (const name of path) {
    if (isObject(current)) {
      const next = property(current, name);
      if (next === undefined) return 'absent';
      current = next;
    } else {
      const next = isArray(current) ? current[arrayIndex(name)] : undefined;
      if (next === undefined) return 'unreachable';
      current = next;
    }
  }
  return { value: current };
}

const arrayIndex = (name: string): number => (/^[+-]?\d{1,9}$/.test(name) ? Number(name) : -1);

/** The value at a path of a document, or undefined; `_id` is its key. */
export function readRowField(row: Row, path: FieldPath): JsonValue | undefined {
  if (path[0] === ID_FIELD) return path.length === 1 ? row.id : undefined;
  const found = readField(row.document, path);
  return typeof found === 'string' ? undefined : found.value;
}
