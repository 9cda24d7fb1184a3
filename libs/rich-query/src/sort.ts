import { parseFieldPath, type FieldPath } from './field-path.js';
import { isArray, isObject, type JsonValue } from './json.js';
import { couchError, shown } from './rich-query-error.js';

export type Direction = 'asc' | 'desc';

/** Fields in the order in which they decide; without fields, the order of the index that serves. */
export interface Sort {
  readonly fields: readonly FieldPath[];
  readonly direction: Direction;
}

/**
 * Parses `["a", {"b": "desc"}]`, of a query's `sort` or an index's `fields`. As in CouchDB, all fields have one direction.
 * Throws RichQueryError invalid_sort_json, invalid_sort_field, unsupported_mixed_sort, invalid_field_name.
 */
export function parseSort(value: JsonValue): Sort {
  if (!isArray(value)) throw couchError('invalid_sort_json', `Sort must be an array of sort specs, not: ${shown(value)}`);
  const parsed = value.map(parseSortField);
  const directions = new Set(parsed.map(({ direction }) => direction));
  if (directions.size > 1) throw couchError('unsupported_mixed_sort', 'Sorts currently only support a single direction for all fields.');
  return { fields: parsed.map(({ path }) => path), direction: parsed[0]?.direction ?? 'asc' };
}

function parseSortField(field: JsonValue): { path: FieldPath; direction: Direction } {
  if (typeof field === 'string' && field !== '') return { path: parseFieldPath(field), direction: 'asc' };
  const entries = isObject(field) ? Object.entries(field) : [];
  const [entry] = entries;
  if (entry === undefined || entries.length > 1 || !isDirection(entry[1])) throw couchError('invalid_sort_field', `Invalid sort field: ${shown(field)}`);
  return { path: parseFieldPath(entry[0]), direction: entry[1] };
}

const isDirection = (value: JsonValue): value is Direction => value === 'asc' || value === 'desc';
