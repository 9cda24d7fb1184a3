import { collate, compareIds } from './collate.js';
import type { Comparison, Condition, FieldTest } from './condition.js';
import type { Row } from './document.js';
import { isIdPath, readField, type FieldPath } from './field-path.js';
import { isArray, isObject, isSameJson, type JsonValue } from './json.js';
import { isInteger } from './parse-operator.js';

/** Takes note of work; it may throw when there was too much. One unit is about one comparison. */
export type SpendWork = (units: number) => void;

/** Whether a document fulfils a selector. */
export type Matcher = (row: Row, spend: SpendWork) => boolean;

/** How values are compared: CouchDB compares `_id` by bytes, all else by collation. */
type Compare = (a: JsonValue, b: JsonValue) => number;

interface Context {
  readonly row: Row;
  readonly compare: Compare;
  readonly spend: SpendWork;
}

/** Builds the matcher of a selector (mango_selector: match). */
export function createMatcher(selector: Condition): Matcher {
  if (selector.kind === 'everything') return () => true;
  return (row, spend) => isMatch(selector, row.document, { row, compare: collate, spend });
}

function isMatch(condition: Condition, value: JsonValue, context: Context): boolean {
  context.spend(1);
  switch (condition.kind) {
    case 'everything':
      return true;
    case 'and':
      return condition.of.every((part) => isMatch(part, value, context));
    case 'or':
      // An empty $or hides nothing beside other conditions; a selector that is nothing else selects nothing (plan.ts).
      return condition.of.length === 0 || condition.of.some((part) => isMatch(part, value, context));
    case 'not':
      return !isMatch(condition.of, value, context);
    case 'field':
      return isFieldMatch(condition, value, context);
  }
}

function isFieldMatch({ path, test }: { readonly path: FieldPath; readonly test: FieldTest }, value: JsonValue, context: Context): boolean {
  // The document's own `_id` is the key of its state entry, whatever the value says.
  const isKey = value === context.row.document && isIdPath(path);
  const found = isKey ? { value: context.row.id } : readField(value, path);
  // A condition holds for existing fields only, $exists: false apart, which wants its parent to exist.
  if (typeof found === 'string') return found === 'absent' && test.operator === '$exists' && !test.isExpected;
  return holds(test, found.value, isIdPath(path) ? { ...context, compare: compareIds } : context);
}

function holds(test: FieldTest, value: JsonValue, context: Context): boolean {
  switch (test.operator) {
    case '$eq':
    case '$ne':
    case '$lt':
    case '$lte':
    case '$gt':
    case '$gte':
      return isInOrder(test.operator, context.compare(value, test.argument));
    case '$in':
      return isAmong(value, test.choices, context);
    case '$nin':
      return !isAmong(value, test.choices, context);
    case '$all':
      return hasAll(value, test.choices, context.spend);
    case '$exists':
      return test.isExpected;
    case '$type':
      return typeName(value) === test.type;
    case '$mod':
      return isInteger(value) && value % test.divisor === test.remainder;
    case '$size':
      return isArray(value) && value.length === test.length;
    case '$regex':
      if (typeof value !== 'string') return false;
      context.spend(value.length * test.regex.costPerCharacter);
      return test.regex.isFoundIn(value);
    case '$beginsWith':
      return typeof value === 'string' && value.startsWith(test.prefix);
    case '$elemMatch':
      return isArray(value) && value.some((item) => isMatch(test.of, item, context));
    case '$allMatch':
      return isArray(value) && value.length > 0 && value.every((item) => isMatch(test.of, item, context));
    case '$keyMapMatch':
      return isObject(value) && Object.keys(value).some((name) => isMatch(test.of, name, context));
    case '$not':
      return !holds(test.of, value, context);
  }
}

function isInOrder(operator: Comparison, order: number): boolean {
  switch (operator) {
    case '$eq':
      return order === 0;
    case '$ne':
      return order !== 0;
    case '$lt':
      return order < 0;
    case '$lte':
      return order <= 0;
    case '$gt':
      return order > 0;
    case '$gte':
      return order >= 0;
  }
}

/** Of an array, one of its items must be among the choices; the array itself is not looked for. */
function isAmong(value: JsonValue, choices: readonly JsonValue[], { compare, spend }: Context): boolean {
  const candidates = isArray(value) ? value : [value];
  spend(candidates.length * choices.length);
  return choices.some((choice) => candidates.some((candidate) => compare(candidate, choice) === 0));
}

/** All choices are items of the array, or the only choice is the array itself. */
function hasAll(value: JsonValue, choices: readonly JsonValue[], spend: SpendWork): boolean {
  if (!isArray(value) || choices.length === 0) return false;
  spend(value.length * choices.length);
  if (choices.every((choice) => value.some((item) => isSameJson(item, choice)))) return true;
  const [only] = choices;
  return choices.length === 1 && only !== undefined && isArray(only) && isSameJson(value, only);
}

function typeName(value: JsonValue): string {
  if (value === null) return 'null';
  if (isArray(value)) return 'array';
  return typeof value;
}
