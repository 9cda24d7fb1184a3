import { MAX_DOCUMENT_DEPTH } from './document.js';
import type { IndexKey } from './index-key.js';
import { isArray, isWithinDepth, type JsonValue } from './json.js';
import type { QueryPlan } from './plan.js';
import { couchError, shown } from './rich-query-error.js';

/** What CouchDB gives as bookmark when there was nothing to put one at. */
export const NO_BOOKMARK = 'nil';

/** Names a place in the order of a query: the last document that a page held. It holds plaintext, as CouchDB's does. */
export const encodeBookmark = (key: IndexKey): string => Buffer.from(JSON.stringify([key.values, key.id]), 'utf8').toString('base64url');

/**
 * Reads a bookmark back. A document that has gone in the meantime leaves its place behind, so that the next page neither
 * repeats nor leaves out another.
 *
 * @returns undefined for the start
 * @throws RichQueryError invalid_bookmark when it is none, or of another index
 */
export function parseBookmark(bookmark: string | undefined, plan: QueryPlan): IndexKey | undefined {
  if (bookmark === undefined || bookmark === '' || bookmark === NO_BOOKMARK) return undefined;
  const invalid = couchError('invalid_bookmark', `Invalid bookmark value: ${shown(bookmark)}`);
  let parsed: JsonValue;
  try {
    parsed = JSON.parse(Buffer.from(bookmark, 'base64url').toString('utf8')) as JsonValue;
  } catch {
    throw invalid;
  }
  const [values, id] = isArray(parsed) && parsed.length === 2 ? parsed : [];
  const isFit = values !== undefined && isArray(values) && typeof id === 'string' && values.length === (plan.index?.columns.length ?? 0);
  if (!isFit || !isWithinDepth(values, MAX_DOCUMENT_DEPTH + 1)) throw invalid;
  return { values, id };
}
