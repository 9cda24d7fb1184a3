import { encodeBookmark, NO_BOOKMARK, parseBookmark } from './bookmark.js';
import type { DocumentView } from './document-view.js';
import type { Row } from './document.js';
import type { IndexKey } from './index-key.js';
import { createMatcher, type SpendWork } from './match.js';
import type { QueryPlan } from './plan.js';
import type { RichQuery } from './query.js';

export interface SearchOptions {
  readonly query: RichQuery;
  readonly plan: QueryPlan;
  readonly view: DocumentView;
  /** Takes the place of the query's own, as Fabric's page sizes do. */
  readonly limit?: number;
  /** Takes the place of the query's own, unless it is empty. */
  readonly bookmark?: string;
  readonly spend: SpendWork;
}

/**
 * Runs a query. Yields the matches in order, skip and limit applied, and undefined now and then where the caller may let
 * others run; returns the bookmark, from which the same query goes on.
 *
 * @throws RichQueryError invalid_bookmark; what `spend` throws
 */
export function* searchDocuments({ query, plan, view, limit, bookmark, spend }: SearchOptions): Generator<Row | undefined, string> {
  const given = bookmark === undefined || bookmark === '' ? query.bookmark : bookmark;
  const after = parseBookmark(given, plan);
  const unchanged = given ?? NO_BOOKMARK;
  const maxRows = limit ?? query.limit ?? Number.POSITIVE_INFINITY;
  if (plan.isEmpty || maxRows === 0) return unchanged;
  let toSkip = query.skip;
  let found = 0;
  let last: IndexKey | undefined;
  for (const placed of view.search({ plan, isMatch: createMatcher(query.selector), after, spend })) {
    if (placed === undefined) {
      yield undefined;
    } else if (toSkip > 0) {
      toSkip -= 1;
    } else {
      found += 1;
      last = placed.key;
      yield placed.row;
      if (found === maxRows) break;
    }
  }
  return last === undefined ? unchanged : encodeBookmark(last);
}
