import { fieldPathText, isIdPath, type FieldPath } from './field-path.js';
import type { IndexDefinition } from './index-definition.js';
import { compareUtf8 } from './json.js';
import { createKeyBounds, createValueBounds, type Bounds } from './bounds.js';
import type { IndexHint, RichQuery } from './query.js';
import { couchError } from './rich-query-error.js';
import { indexableFields, isConstantField, rangeOf, requiresFields, type ValueRange } from './selector-analysis.js';
import type { Direction } from './sort.js';

/**
 * How a query is answered. The plan alone decides which documents count and in which order they come, so that an index in
 * memory and a scan without one give the same answer.
 */
export interface QueryPlan {
  /** Undefined: all documents, by the bytes of their keys. */
  readonly index: IndexDefinition | undefined;
  readonly direction: Direction;
  readonly bounds: Bounds;
  /** The selector cannot hold for any document. */
  readonly isEmpty: boolean;
}

const ID = '_id';

/**
 * Chooses the index of a query as CouchDB does (mango_idx, mango_cursor, mango_cursor_view): an index fits when every match
 * has all of its columns and the sort follows them; the one whose leading columns the selector narrows best is taken, then
 * the one with fewer columns, then the first by name.
 *
 * @throws RichQueryError no_usable_index for a sort without a fitting index, invalid_index for `allow_fallback: false`
 */
export function planQuery(query: RichQuery, indexes: readonly IndexDefinition[]): QueryPlan {
  const index = chooseIndex(query, indexes);
  const { selector } = query;
  const isNoop = (selector.kind === 'and' || selector.kind === 'or') && selector.of.length === 0;
  const bounds = index === undefined ? createKeyBounds(rangeOf(selector, [ID], 'bytes')) : createValueBounds(index.columns.map((column) => narrowed(query, column)));
  return { index, direction: query.sort.direction, bounds, isEmpty: isNoop || bounds.isEmpty };
}

/** The key sorts by bytes in a selector and by collation in an index, so that a range of the one is none of the other. */
const narrowed = ({ selector }: RichQuery, column: FieldPath): ValueRange | undefined => (isIdPath(column) ? undefined : rangeOf(selector, column, 'collation'));

function chooseIndex(query: RichQuery, indexes: readonly IndexDefinition[]): IndexDefinition | undefined {
  const usable = indexes
    .filter((index) => index.partialFilter === undefined || isHinted(index, query.useIndex))
    .filter((index) => isUsable(index, query));
  const isAllUsable = canReadByKey(query);
  if (usable.length === 0 && !isAllUsable) throw couchError('no_usable_index', 'No index exists for this sort, try indexing by the sort fields.');
  const hinted = usable.filter((index) => isHinted(index, query.useIndex));
  if (hinted.length === 0 && !query.mayFallBack) verifyFallback(query.useIndex, usable.length + (isAllUsable ? 1 : 0));
  return best(hinted.length > 0 ? hinted : usable, query);
}

function verifyFallback(hint: IndexHint | undefined, usable: number): void {
  if (hint === undefined && usable > 1) return;
  if (hint === undefined) throw couchError('invalid_index', 'You must specify an index with the `use_index` parameter.');
  const name = hint.name === undefined ? '' : `, ${hint.name}`;
  throw couchError('invalid_index', `_design/${hint.designDocument}${name} specified by \`use_index\` could not be found or it is not suitable.`);
}

function isHinted(index: IndexDefinition, hint: IndexHint | undefined): boolean {
  return index.designDocument === hint?.designDocument && (hint.name === undefined || index.name === hint.name);
}

/** All documents may be read in any case but for a sort, which must be by key and with a condition on the key. */
function canReadByKey({ selector, sort }: RichQuery): boolean {
  if (sort.fields.length === 0) return true;
  return sort.fields.length === 1 && sort.fields.every(isIdPath) && indexableFields(selector).has(ID);
}

function isUsable({ columns }: IndexDefinition, { selector, sort }: RichQuery): boolean {
  const sorted = new Set(sort.fields.map(fieldPathText));
  const required = columns.map(fieldPathText).filter((column) => !sorted.has(column) && column !== ID);
  return requiresFields(selector, required) && canSort(columns, sort.fields, (column) => isConstantField(selector, column));
}

/** The sort must begin at the first column that the selector does not pin to one value. */
function canSort(columns: readonly FieldPath[], sort: readonly FieldPath[], isConstant: (column: FieldPath) => boolean): boolean {
  if (sort.length === 0) return true;
  const start = columns.findIndex((column) => isSamePath(column, sort[0]) || !isConstant(column));
  return start >= 0 && sort.every((field, position) => isSamePath(field, columns[start + position]));
}

const isSamePath = (a: FieldPath, b: FieldPath | undefined): boolean => b !== undefined && fieldPathText(a) === fieldPathText(b);

function best(candidates: readonly IndexDefinition[], { selector }: RichQuery): IndexDefinition | undefined {
  const narrowable = indexableFields(selector);
  const leading = ({ columns }: IndexDefinition): number => {
    const open = columns.findIndex((column) => !narrowable.has(fieldPathText(column)));
    return open < 0 ? columns.length : open;
  };
  const compare = (a: IndexDefinition, b: IndexDefinition): number =>
    leading(b) - leading(a) || a.columns.length - b.columns.length || compareUtf8(a.designDocument, b.designDocument) || compareUtf8(a.name, b.name);
  return [...candidates].sort(compare)[0];
}

