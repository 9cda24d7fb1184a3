import { collate } from './collate.js';
import type { Condition, FieldTest } from './condition.js';
import { fieldPathText, type FieldPath } from './field-path.js';
import type { JsonValue } from './json.js';

/** Inclusive ends of the values that a field may have; undefined: open. */
export interface ValueRange {
  readonly lower: JsonValue | undefined;
  readonly upper: JsonValue | undefined;
}

type FieldCondition = Extract<Condition, { kind: 'field' }>;

/** Tests that narrow an index, or at least count when CouchDB ranks indexes (mango_idx_view: indexable). */
const INDEXABLE: ReadonlySet<FieldTest['operator']> = new Set<FieldTest['operator']>(['$eq', '$lt', '$lte', '$gt', '$gte', '$beginsWith', '$exists']);

/** The conditions of fields that every match fulfils: those that stand under `$and` alone. */
export function requiredConditions(condition: Condition): readonly FieldCondition[] {
  if (condition.kind === 'and') return condition.of.flatMap(requiredConditions);
  return condition.kind === 'field' ? [condition] : [];
}

/** Fields that an index could narrow, each once, as fieldPathText. */
export function indexableFields(selector: Condition): ReadonlySet<string> {
  const indexable = requiredConditions(selector).filter(({ test }) => INDEXABLE.has(test.operator));
  return new Set(indexable.map(({ path }) => fieldPathText(path)));
}

/** Whether the selector pins the field to one value, so that it cannot matter for a sort. */
export function isConstantField(selector: Condition, field: FieldPath): boolean {
  const text = fieldPathText(field);
  return requiredConditions(selector).some(({ path, test }) => test.operator === '$eq' && fieldPathText(path) === text);
}

/** Whether every match has all these fields (mango_selector: has_required_fields). */
export function requiresFields(selector: Condition, fields: readonly string[]): boolean {
  return missingRequirements(selector, new Set(fields)).size === 0;
}

/** Those of the fields that a match may lack. */
function missingRequirements(condition: Condition, fields: ReadonlySet<string>): ReadonlySet<string> {
  switch (condition.kind) {
    case 'and':
      return condition.of.reduce((rest, part) => missingRequirements(part, rest), fields);
    case 'or':
      // An empty $or requires nothing.
      return condition.of.length === 0 ? fields : new Set(condition.of.flatMap((part) => [...missingRequirements(part, fields)]));
    case 'field':
      return canHoldWithoutField(condition.test) ? fields : without(fields, fieldPathText(condition.path));
    default:
      return fields;
  }
}

const canHoldWithoutField = (test: FieldTest): boolean => test.operator === '$exists' && !test.isExpected;
const without = (fields: ReadonlySet<string>, field: string): ReadonlySet<string> => new Set([...fields].filter((each) => each !== field));

/** How an order compares strings; "bytes" is that of keys. */
export type StringOrder = 'collation' | 'bytes';

/**
 * The range of a field's values by the conditions that every match fulfils; undefined when nothing narrows it. Ends are
 * inclusive whatever the operators: what the range lets through is matched all the same.
 */
export function rangeOf(selector: Condition, field: FieldPath, order: StringOrder): ValueRange | undefined {
  const text = fieldPathText(field);
  const tests = requiredConditions(selector).filter(({ path }) => fieldPathText(path) === text).map(({ test }) => test);
  if (!tests.some(({ operator }) => INDEXABLE.has(operator))) return undefined;
  const lower = tests.flatMap(lowerEnds).reduce(greater, undefined);
  const upper = tests.flatMap((test) => upperEnds(test, order)).reduce(lesser, undefined);
  return { lower, upper };
}

function lowerEnds(test: FieldTest): readonly JsonValue[] {
  if (test.operator === '$eq' || test.operator === '$gt' || test.operator === '$gte') return [test.argument];
  return test.operator === '$beginsWith' && isPlain(test.prefix) ? [test.prefix] : [];
}

function upperEnds(test: FieldTest, order: StringOrder): readonly JsonValue[] {
  if (test.operator === '$eq' || test.operator === '$lt' || test.operator === '$lte') return [test.argument];
  if (test.operator !== '$beginsWith' || !isPlain(test.prefix)) return [];
  return order === 'bytes' ? [nextPrefix(test.prefix)] : [`${test.prefix}${HIGHEST_BY_COLLATION}`];
}

const HIGHEST_BY_COLLATION = '\uffff';

/** Elsewhere a letter may sort with the one that follows it, so that a prefix need not be the lesser. */
const isPlain = (prefix: string): boolean => /^[ -~]+$/.test(prefix);

/** Above every string that begins with a plain prefix, by bytes. */
const nextPrefix = (prefix: string): string => prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);

const greater = (a: JsonValue | undefined, b: JsonValue): JsonValue => (a === undefined || collate(b, a) > 0 ? b : a);
const lesser = (a: JsonValue | undefined, b: JsonValue): JsonValue => (a === undefined || collate(b, a) < 0 ? b : a);
