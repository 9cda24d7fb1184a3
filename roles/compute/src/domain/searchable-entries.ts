import { createIndexedDocuments, createScanView, parseDocument, type DocumentView, type IndexDefinition, type Row } from '@selvedge/rich-query';
import type { StateEntry } from '../ports.js';

/** Entries as a rich query searches them. */
export interface SearchableEntries {
  readonly view: DocumentView;
  /** Where the entry of a document lies among those that were given. */
  readonly positionOf: (key: string) => number | undefined;
}

const ROWS_PER_BREAK = 128;

type Known = 'searched once' | 'being indexed' | { readonly indexes: readonly IndexDefinition[]; readonly searchable: SearchableEntries };

/** By the very list: one that is read anew is another, and with a list that is dropped its indexes go. */
const known = new WeakMap<readonly StateEntry[], Known>();

/**
 * Entries with the declared indexes over their documents. A list that is searched for the first time is scanned, since it
 * may never be searched again; the second search makes the indexes, meanwhile others scan. Both give the same answers.
 *
 * @param giveWay lets others run; when it throws, so does this
 */
export async function searchEntries(stored: readonly StateEntry[], indexes: readonly IndexDefinition[], giveWay: () => Promise<void>): Promise<SearchableEntries> {
  const state = known.get(stored);
  if (typeof state === 'object' && state.indexes === indexes) return state.searchable;
  if (state === undefined) known.set(stored, 'searched once');
  if (state === undefined || state === 'being indexed') return scanned(stored);
  known.set(stored, 'being indexed');
  try {
    const searchable = await indexed(stored, indexes, giveWay);
    known.set(stored, { indexes, searchable });
    return searchable;
  } catch (error) {
    known.set(stored, 'searched once');
    throw error;
  }
}

function scanned(stored: readonly StateEntry[]): SearchableEntries {
  return { view: createScanView(documentsOf(stored)), ...positions(stored) };
}

async function indexed(stored: readonly StateEntry[], indexes: readonly IndexDefinition[], giveWay: () => Promise<void>): Promise<SearchableEntries> {
  const view = createIndexedDocuments(indexes);
  let put = 0;
  for (const { id, document } of documentsOf(stored)) {
    if (++put % ROWS_PER_BREAK === 0) await giveWay();
    view.put(id, document);
  }
  return { view, ...positions(stored) };
}

/** Values that are no JSON objects are no documents, as with Fabric's CouchDB. */
function* documentsOf(stored: readonly StateEntry[]): Generator<Row> {
  for (const { key, value } of stored) {
    const document = parseDocument(value);
    if (document !== undefined) yield { id: key, document };
  }
}

function positions(stored: readonly StateEntry[]): Pick<SearchableEntries, 'positionOf'> {
  const byKey = new Map(stored.map(({ key }, position) => [key, position]));
  return { positionOf: (key) => byKey.get(key) };
}
