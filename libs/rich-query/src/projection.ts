import type { Row } from './document.js';
import { readRowField, type FieldPath } from './field-path.js';
import { canonicalJson, type JsonValue } from './json.js';

/** Fields that Fabric takes out of a document before the chaincode sees it. */
const HIDDEN_FIELDS: ReadonlySet<string> = new Set(['_id', '_rev', '~version']);

/** A JSON object under construction. */
type Draft = Map<string, JsonValue | Draft>;

/**
 * The chosen fields of a document as JSON: nested as in the document, names sorted by bytes, the key left out, which the
 * entry carries anyway. Fields that the document lacks are left out.
 */
export function projectDocument(row: Row, fields: readonly FieldPath[]): string {
  const draft: Draft = new Map();
  for (const path of fields) {
    const value = readRowField(row, path);
    if (value !== undefined && !HIDDEN_FIELDS.has(path[0] ?? '')) place(draft, path, value);
  }
  return canonicalJson(plain(draft));
}

/** Sets a field, and its parents where they are missing; a value that an earlier field brought whole stays. */
function place(draft: Draft, path: FieldPath, value: JsonValue): void {
  const [name, ...rest] = path;
  if (name === undefined) return;
  const present = draft.get(name);
  if (rest.length === 0) draft.set(name, value);
  else if (present instanceof Map) place(present, rest, value);
  else if (present === undefined) {
    const child: Draft = new Map();
    draft.set(name, child);
    place(child, rest, value);
  }
}

function plain(draft: Draft): JsonValue {
  return Object.fromEntries([...draft].map(([name, value]) => [name, value instanceof Map ? plain(value) : value]));
}
