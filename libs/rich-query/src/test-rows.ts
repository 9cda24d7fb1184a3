import type { Row } from './document.js';
import type { DocumentView } from './document-view.js';
import { parseIndexDefinition, type IndexDefinition } from './index-definition.js';
import type { JsonObject } from './json.js';
import { createMatcher } from './match.js';
import { planQuery } from './plan.js';
import { parseRichQuery } from './query.js';
import { searchDocuments } from './search.js';

/** For tests. */
export const free = (): void => undefined;

/** Whether a selector matches a document. */
export function isMatch(selector: unknown, document: JsonObject, id = 'key'): boolean {
  return createMatcher(parseRichQuery(JSON.stringify({ selector })).selector)({ id, document }, free);
}

/** An index on fields. */
export function indexOn(fields: readonly unknown[], names: { ddoc?: string; name?: string; partial_filter_selector?: unknown } = {}): IndexDefinition {
  const { partial_filter_selector: filter, ...rest } = names;
  return parseIndexDefinition(JSON.stringify({ index: { fields, ...(filter === undefined ? {} : { partial_filter_selector: filter }) }, type: 'json', ...rest }), 'index.json');
}

export interface SearchResult {
  readonly ids: string[];
  readonly rows: Row[];
  readonly bookmark: string;
  readonly spent: number;
}

/** Runs a query to its end. */
export function search(view: DocumentView, query: unknown, indexes: readonly IndexDefinition[] = [], page: { limit?: number; bookmark?: string } = {}): SearchResult {
  const parsed = parseRichQuery(JSON.stringify(query));
  let spent = 0;
  const spend = (units: number): void => { spent += units; };
  const generator = searchDocuments({ query: parsed, plan: planQuery(parsed, indexes), view, spend, ...page });
  const rows: Row[] = [];
  for (;;) {
    const next = generator.next();
    if (next.done === true) return { ids: rows.map(({ id }) => id), rows, bookmark: next.value, spent };
    if (next.value !== undefined) rows.push(next.value);
  }
}

/** Rows out of documents by key. */
export const rowsOf = (documents: Readonly<Record<string, JsonObject>>): Row[] => Object.entries(documents).map(([id, document]) => ({ id, document }));
