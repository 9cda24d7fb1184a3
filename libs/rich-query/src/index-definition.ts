import { SelvedgeError } from '@selvedge/errors';
import type { Condition } from './condition.js';
import { fieldPathText, type FieldPath } from './field-path.js';
import { canonicalJson, isArray, isObject, isWithinDepth, property, type JsonObject, type JsonValue } from './json.js';
import { RICH_QUERY_LIMITS } from './limits.js';
import { parseSelector } from './parse-selector.js';
import { withoutDesignPrefix } from './query.js';
import { RichQueryError } from './rich-query-error.js';
import { parseSort } from './sort.js';

/** A JSON index, as a chaincode declares it for CouchDB. */
export interface IndexDefinition {
  /** Without "_design/". */
  readonly designDocument: string;
  readonly name: string;
  /** At least one. The directions of a declaration mean nothing: an index is read either way. */
  readonly columns: readonly FieldPath[];
  /** Only documents that fulfil it are in the index; CouchDB uses such an index only when a query names it. */
  readonly partialFilter: Condition | undefined;
}

const MAX_COLUMNS = 32;
const ENTRIES: ReadonlySet<string> = new Set(['index', 'ddoc', 'name', 'type']);
const INDEX_ENTRIES: ReadonlySet<string> = new Set(['fields', 'partial_filter_selector']);

/**
 * Parses one file of `META-INF/statedb/couchdb/indexes`, by the rules of Fabric's package validation (ccmetadata) and of
 * CouchDB's `_index`.
 *
 * @param file path within the package, for texts
 * @throws SelvedgeError MANIFEST_INVALID naming the file and what is wrong
 */
export function parseIndexDefinition(text: string, file: string): IndexDefinition {
  const invalid = (why: string, cause?: unknown): SelvedgeError => new SelvedgeError('MANIFEST_INVALID', `${file}: not a valid index definition: ${why}`, { cause });
  const definition = parseObject(text, invalid);
  for (const name of Object.keys(definition)) if (!ENTRIES.has(name)) throw invalid(`entry ${name} is not known`);
  const index = property(definition, 'index');
  if (index === undefined || !isObject(index)) throw invalid('"index" must be a JSON object');
  for (const name of Object.keys(index)) if (!INDEX_ENTRIES.has(name)) throw invalid(`entry index.${name} is not known`);
  if ((property(definition, 'type') ?? 'json') !== 'json') throw invalid('"type" must be json');
  try {
    const columns = parseColumns(property(index, 'fields'));
    const partialFilter = parsePartialFilter(property(index, 'partial_filter_selector'));
    const unnamed = `${columns.map(fieldPathText).join(',')}${partialFilter === undefined ? '' : canonicalJson(index)}`;
    return {
      designDocument: withoutDesignPrefix(parseName(definition, 'ddoc') ?? unnamed),
      name: parseName(definition, 'name') ?? unnamed,
      columns,
      partialFilter,
    };
  } catch (error) {
    if (error instanceof RichQueryError) throw invalid(error.message, error);
    throw error;
  }
}

function parseObject(text: string, invalid: (why: string, cause?: unknown) => SelvedgeError): JsonObject {
  if (Buffer.byteLength(text) > RICH_QUERY_LIMITS.maxQueryBytes) throw invalid(`it is longer than ${String(RICH_QUERY_LIMITS.maxQueryBytes)} bytes`);
  let parsed: JsonValue;
  try {
    parsed = JSON.parse(text) as JsonValue;
  } catch (error) {
    throw invalid('it is not valid JSON', error);
  }
  if (!isObject(parsed)) throw invalid('it is not a JSON object');
  if (!isWithinDepth(parsed, RICH_QUERY_LIMITS.maxDepth)) throw invalid(`it is nested deeper than ${String(RICH_QUERY_LIMITS.maxDepth)} levels`);
  return parsed;
}

function parseColumns(fields: JsonValue | undefined): readonly FieldPath[] {
  if (fields === undefined || !isArray(fields) || fields.length === 0) throw new RichQueryError('', '"index.fields" must be an array of fields');
  if (fields.length > MAX_COLUMNS) throw new RichQueryError('', `"index.fields" has more than ${String(MAX_COLUMNS)} fields`);
  return parseSort(fields.map(withSmallLetters)).fields;
}

/** Fabric takes "ASC" and "DESC" as well. */
function withSmallLetters(field: JsonValue): JsonValue {
  if (!isObject(field)) return field;
  return Object.fromEntries(Object.entries(field).map(([name, direction]) => [name, typeof direction === 'string' ? direction.toLowerCase() : direction]));
}

function parsePartialFilter(selector: JsonValue | undefined): Condition | undefined {
  if (selector === undefined) return undefined;
  const condition = parseSelector(selector, RICH_QUERY_LIMITS.maxConditions);
  return condition.kind === 'everything' ? undefined : condition;
}

function parseName(definition: JsonObject, entry: string): string | undefined {
  const name = property(definition, entry);
  if (name === undefined) return undefined;
  if (typeof name !== 'string' || name === '') throw new RichQueryError('', `"${entry}" must be a string that is not empty`);
  return name;
}
