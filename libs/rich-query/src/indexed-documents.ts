import btree from 'sorted-btree';
import type { Row } from './document.js';
import { isBehind, ROWS_PER_BREAK, type DocumentView, type PlacedRow, type SearchRequest } from './document-view.js';
import { compareIndexKeys, indexKeyOf, type IndexKey, type OrderProbe } from './index-key.js';
import type { IndexDefinition } from './index-definition.js';
import type { JsonObject } from './json.js';
import { createMatcher, type Matcher } from './match.js';

// The package is CommonJS: Node imports its exports as the default, bundlers and test runners what they call default.
const imported: unknown = btree;
const BTree = typeof imported === 'function' ? (imported as typeof btree.default) : btree.default;
type Tree = InstanceType<typeof BTree<OrderProbe, Row>>;

/** Documents with their indexes, in memory, kept up to date one document at a time. */
export interface IndexedDocuments extends DocumentView {
  readonly size: number;
  get(id: string): JsonObject | undefined;
  /** Inserts a document or replaces it. Costs a few comparisons for each index. */
  put(id: string, document: JsonObject): void;
  /** Does nothing when there is no such document. */
  remove(id: string): void;
}

interface Index {
  readonly tree: Tree;
  readonly definition: IndexDefinition | undefined;
  readonly isCovered: Matcher;
}

/** @param definitions the indexes to keep; a search whose plan has another index throws RangeError */
export function createIndexedDocuments(definitions: readonly IndexDefinition[]): IndexedDocuments {
  const documents = new Map<string, Row>();
  const byKey = createIndex(undefined);
  const indexes = new Map(definitions.map((definition) => [definition, createIndex(definition)]));
  const all = [byKey, ...indexes.values()];

  const remove = (id: string): void => {
    const row = documents.get(id);
    if (row === undefined) return;
    documents.delete(id);
    for (const { tree, definition } of all) {
      const key = indexKeyOf(row, definition);
      if (key !== undefined) tree.delete(key);
    }
  };

  return {
    get size() {
      return documents.size;
    },
    get: (id) => documents.get(id)?.document,
    put(id, document) {
      remove(id);
      const row = { id, document };
      documents.set(id, row);
      for (const { tree, definition, isCovered } of all) {
        const key = indexKeyOf(row, definition);
        if (key !== undefined && isCovered(row, noLimit)) tree.set(key, row);
      }
    },
    remove,
    search(request) {
      const index = request.plan.index === undefined ? byKey : indexes.get(request.plan.index);
      if (index === undefined) throw new RangeError('the plan has an index that these documents lack');
      // A copy on write, so that a search that gives way to others sees one state throughout.
      return searchTree(index.tree.clone(), request);
    },
  };
}

function createIndex(definition: IndexDefinition | undefined): Index {
  const isCovered = definition?.partialFilter === undefined ? (): boolean => true : createMatcher(definition.partialFilter);
  return { tree: new BTree<OrderProbe, Row>(undefined, compareIndexKeys), definition, isCovered };
}

/** Documents are put by whoever keeps them, not by a query that could go on for ever. */
const noLimit = (): void => undefined;

function* searchTree(tree: Tree, { plan, isMatch, after, spend }: SearchRequest): Generator<PlacedRow | undefined> {
  const { bounds, direction } = plan;
  const isAscending = direction === 'asc';
  const start = from(isAscending ? bounds.start : bounds.end, after, isAscending);
  const pairs = isAscending ? tree.entries(start) : tree.entriesReversed(start);
  let seen = 0;
  for (const [key, row] of pairs) {
    if (++seen % ROWS_PER_BREAK === 0) yield undefined;
    spend(1);
    const position = bounds.position(key);
    if (isAscending ? position > 0 : position < 0) return;
    if (position === 0 && isBehind(key, after, plan) && isMatch(row, spend)) yield { row, key };
  }
}

/** Where to begin: at the bound or behind the bookmark, whichever comes later in the direction of reading. */
function from(bound: OrderProbe | undefined, after: IndexKey | undefined, isAscending: boolean): OrderProbe | undefined {
  if (bound === undefined || after === undefined) return bound ?? after;
  const isAfterLater = compareIndexKeys(after, bound) > 0 === isAscending;
  return isAfterLater ? after : bound;
}
