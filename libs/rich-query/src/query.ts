import type { Condition } from './condition.js';
import { parseFieldPath, type FieldPath } from './field-path.js';
import { isArray, isObject, isWithinDepth, property, type JsonObject, type JsonValue } from './json.js';
import { RICH_QUERY_LIMITS, type RichQueryLimits } from './limits.js';
import { isInteger } from './parse-operator.js';
import { parseSelector } from './parse-selector.js';
import { couchError, RichQueryError, shown } from './rich-query-error.js';
import { parseSort, type Sort } from './sort.js';

/** The index that a query asks for, by design document and maybe by name. */
export interface IndexHint {
  /** Without "_design/". */
  readonly designDocument: string;
  readonly name: string | undefined;
}

/** A parsed Mango query. */
export interface RichQuery {
  readonly selector: Condition;
  readonly sort: Sort;
  /** Undefined: whole documents. */
  readonly fields: readonly FieldPath[] | undefined;
  readonly limit: number | undefined;
  readonly skip: number;
  /** Undefined: from the start. */
  readonly bookmark: string | undefined;
  readonly useIndex: IndexHint | undefined;
  /** Whether another index may serve where the hinted one does not fit. */
  readonly mayFallBack: boolean;
}

/** CouchDB's options that say how a cluster of it reads; they change nothing here. */
const WITHOUT_EFFECT: ReadonlyMap<string, (value: JsonValue) => boolean> = new Map([
  ['conflicts', isBoolean],
  ['execution_stats', isBoolean],
  ['r', (value: JsonValue) => isInteger(value) && value > 0],
  ['stable', isBoolean],
  ['stale', (value: JsonValue) => value === 'ok' || value === 'false' || value === false],
  ['update', isBoolean],
]);
const WITH_EFFECT: ReadonlySet<string> = new Set(['selector', 'sort', 'fields', 'limit', 'skip', 'bookmark', 'use_index', 'allow_fallback', 'partition']);

/**
 * Parses the query text that a chaincode gives to `getQueryResult`.
 *
 * @throws RichQueryError with the texts of Fabric and CouchDB
 */
export function parseRichQuery(text: string, limits: RichQueryLimits = RICH_QUERY_LIMITS): RichQuery {
  const query = parseQueryObject(text, limits);
  for (const [name, value] of Object.entries(query)) verifyOption(name, value);
  const option = (name: string): JsonValue => property(query, name) ?? null;
  const selector = property(query, 'selector');
  if (selector === undefined) throw couchError('missing_required_key', 'Missing required key: selector');
  return {
    selector: parseSelector(selector, limits.maxConditions),
    sort: parseSort(property(query, 'sort') ?? []),
    fields: parseFields(property(query, 'fields')),
    limit: parseCount(property(query, 'limit')),
    skip: parseCount(property(query, 'skip')) ?? 0,
    bookmark: parseBookmarkOption(option('bookmark')),
    useIndex: parseIndexHint(option('use_index')),
    mayFallBack: parseFlag(property(query, 'allow_fallback')) ?? true,
  };
}

function parseQueryObject(text: string, limits: RichQueryLimits): JsonObject {
  if (Buffer.byteLength(text) > limits.maxQueryBytes) throw new RichQueryError('', `the query is longer than ${String(limits.maxQueryBytes)} bytes`);
  if (text.trim() === '') throw new RichQueryError('', 'EOF');
  const parsed = parseJson(text);
  if (!isObject(parsed)) throw new RichQueryError('', `json: cannot unmarshal ${goKind(parsed)} into Go value of type map[string]interface {}`);
  if (!isWithinDepth(parsed, limits.maxDepth)) throw new RichQueryError('', `the query is nested deeper than ${String(limits.maxDepth)} levels, or a number in it is too large`);
  return parsed;
}

function parseJson(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    throw new RichQueryError('', `the query string is not valid JSON: ${(error as Error).message}`);
  }
}

const goKind = (value: JsonValue): string => {
  if (isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : value === null ? 'null' : typeof value;
};

function verifyOption(name: string, value: JsonValue): void {
  const isFit = WITHOUT_EFFECT.get(name);
  if (isFit === undefined && !WITH_EFFECT.has(name)) throw couchError('invalid_key', `Invalid key ${name} for this request.`);
  if (isFit?.(value) === false) throw couchError('invalid_value', `Invalid value for ${name}: ${shown(value)}`);
  if (name === 'partition' && value !== '') throw couchError('bad_request', '`partition` is not supported on this database.');
}

function isBoolean(value: JsonValue): value is boolean {
  return typeof value === 'boolean';
}

function parseFlag(value: JsonValue | undefined): boolean | undefined {
  if (value !== undefined && !isBoolean(value)) throw couchError('invalid_boolean', `Invalid boolean value: ${shown(value)}`);
  return value;
}

function parseCount(value: JsonValue | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!isInteger(value) || value < 0) throw couchError('invalid_non_neg_integer', `${shown(value)} is not an integer greater than or equal to zero`);
  return value;
}

/** Fabric adds `_id` and `~version` to the fields before it asks CouchDB: an empty array chooses nothing, not everything. */
function parseFields(value: JsonValue | undefined): readonly FieldPath[] | undefined {
  if (value === undefined) return undefined;
  if (!isArray(value)) throw new RichQueryError('', 'fields definition must be an array');
  return value.map((field) => {
    if (typeof field !== 'string') throw couchError('invalid_field', `Invalid JSON for field spec: ${shown(field)}`);
    return parseFieldPath(field);
  });
}

function parseBookmarkOption(value: JsonValue): string | undefined {
  if (value === null || value === '') return undefined;
  if (typeof value !== 'string') throw couchError('invalid_bookmark', `Invalid bookmark value: ${shown(value)}`);
  return value;
}

const DESIGN_PREFIX = '_design/';

/** "ddoc", "_design/ddoc", "ddoc/name", or an array of the two. */
function parseIndexHint(value: JsonValue): IndexHint | undefined {
  if (value === null) return undefined;
  const wrong = couchError('invalid_index_name', `Invalid index name: ${shown(value)}`);
  const parts = typeof value === 'string' ? splitIndexName(value) : value;
  if (!isArray(parts) || parts.length > 2) throw wrong;
  const [designDocument, name] = parts;
  if (designDocument === undefined) return undefined;
  if (typeof designDocument !== 'string' || (name !== undefined && typeof name !== 'string')) throw wrong;
  return { designDocument: withoutDesignPrefix(designDocument), name };
}

const splitIndexName = (text: string): readonly string[] => {
  const parts = text.split('/');
  return parts.length > 1 && parts[0] === '_design' ? parts.slice(1) : parts;
};

/** Name of a design document as declarations and queries both may write it. */
export const withoutDesignPrefix = (name: string): string => (name.startsWith(DESIGN_PREFIX) ? name.slice(DESIGN_PREFIX.length) : name);
