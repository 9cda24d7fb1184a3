import type { Row } from './document.js';
import { compareIndexKeys, indexKeyOf, type IndexKey } from './index-key.js';
import { createMatcher, type Matcher, type SpendWork } from './match.js';
import type { QueryPlan } from './plan.js';

/** A document at its place in the order of a plan. */
export interface PlacedRow {
  readonly row: Row;
  readonly key: IndexKey;
}

/** What a search asks a collection of documents for. */
export interface SearchRequest {
  readonly plan: QueryPlan;
  readonly isMatch: Matcher;
  /** Only what comes behind this place in the plan's direction. */
  readonly after: IndexKey | undefined;
  readonly spend: SpendWork;
}

/** Documents that can be searched. */
export interface DocumentView {
  /** The matches in the plan's order; undefined now and then while none is found, so that the caller can give way to others. */
  search(request: SearchRequest): Iterable<PlacedRow | undefined>;
}

/** Documents between two breaks that a search offers. */
export const ROWS_PER_BREAK = 128;

/** Documents without an index: a search looks at each of them, then sorts what matched. */
export function createScanView(rows: Iterable<Row>): DocumentView {
  return {
    *search({ plan, isMatch, after, spend }) {
      const isCovered = coveredBy(plan);
      const matches: PlacedRow[] = [];
      let seen = 0;
      for (const row of rows) {
        if (++seen % ROWS_PER_BREAK === 0) yield undefined;
        const key = indexKeyOf(row, plan.index);
        if (key === undefined || plan.bounds.position(key) !== 0 || !isCovered(row, spend)) continue;
        if (isBehind(key, after, plan) && isMatch(row, spend)) matches.push({ row, key });
      }
      const sign = plan.direction === 'asc' ? 1 : -1;
      yield* matches.sort((a, b) => sign * compareIndexKeys(a.key, b.key));
    },
  };
}

/** Whether a place comes behind another in the plan's direction. */
export function isBehind(key: IndexKey, after: IndexKey | undefined, { direction }: QueryPlan): boolean {
  if (after === undefined) return true;
  const order = compareIndexKeys(key, after);
  return direction === 'asc' ? order > 0 : order < 0;
}

function coveredBy({ index }: QueryPlan): Matcher {
  return index?.partialFilter === undefined ? () => true : createMatcher(index.partialFilter);
}
