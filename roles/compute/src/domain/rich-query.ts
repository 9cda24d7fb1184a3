import { SelvedgeError } from '@selvedge/errors';
import { parseRichQuery, planQuery, projectDocument, searchDocuments, type IndexDefinition, type QueryPlan, type RichQuery, type Row } from '@selvedge/rich-query';
import type { StateEntry, StateQuery } from '../ports.js';
import { searchEntries } from './searchable-entries.js';

/** A query that has been found valid, before anything is fetched for it. */
export interface PreparedQuery {
  readonly query: RichQuery;
  readonly plan: QueryPlan;
  /** Those that the plan was chosen from. */
  readonly indexes: readonly IndexDefinition[];
  readonly page: { readonly limit?: number; readonly bookmark: string };
}

/** What a query may cost, and how it lets others run. */
export interface QueryWork {
  /** Counts comparisons; throws CHAINCODE_LIMIT when there were too many. */
  spend(units: number): void;
  /** Resolves when others have had their turn; rejects when the request is over. */
  giveWay(): Promise<void>;
}

/** What a query found. */
export interface Selection<T extends StateEntry> {
  /** The entries that match, as they are stored. */
  readonly matches: readonly T[];
  /** The same as the query asked for them: projected, if it chose fields. */
  readonly entries: readonly StateEntry[];
  readonly bookmark: string;
}

/** Throws RichQueryError. */
export function prepareQuery({ text, pageSize, bookmark }: StateQuery, indexes: readonly IndexDefinition[]): PreparedQuery {
  const query = parseRichQuery(text);
  return { query, plan: planQuery(query, indexes), indexes, page: { ...(pageSize === undefined ? {} : { limit: pageSize }), bookmark } };
}

/** Runs a query over all entries of a dataset, in any order; over the same list again it uses the indexes. Throws RichQueryError, and what `work` throws. */
export async function selectEntries<T extends StateEntry>({ query, plan, indexes, page }: PreparedQuery, stored: readonly T[], work: QueryWork): Promise<Selection<T>> {
  const { view, positionOf } = await searchEntries(stored, indexes, () => work.giveWay());
  const search = searchDocuments({ query, plan, view, spend: (units) => { work.spend(units); }, ...page });
  const matches: T[] = [];
  const entries: StateEntry[] = [];
  for (;;) {
    const next = search.next();
    if (next.done === true) return { matches, entries, bookmark: next.value };
    const position = next.value === undefined ? undefined : positionOf(next.value.id);
    const entry = position === undefined ? undefined : stored[position];
    if (next.value === undefined) await work.giveWay();
    else if (entry !== undefined) {
      matches.push(entry);
      entries.push({ key: entry.key, value: valueOf(next.value, entry.value, query) });
    }
  }
}

function valueOf(row: Row, stored: Uint8Array, { fields }: RichQuery): Uint8Array {
  return fields === undefined ? stored : new TextEncoder().encode(projectDocument(row, fields));
}

/** Counts the work of all queries of one request. */
export function createQueryWork(maxUnits: number, giveWay: () => Promise<void>): QueryWork {
  let spent = 0;
  return {
    spend(units) {
      spent += units;
      if (spent > maxUnits) throw new SelvedgeError('CHAINCODE_LIMIT', `comparisons of rich queries: at most ${String(maxUnits)} allowed`);
    },
    giveWay,
  };
}
