import type { Condition, FieldTest } from './condition.js';
import { parseFieldPath, type FieldPath } from './field-path.js';
import { isArray, isObject, type JsonObject, type JsonValue } from './json.js';
import { negateTest, parseFieldTest } from './parse-operator.js';
import { badArgument, couchError } from './rich-query-error.js';

/** Where a part of a selector stands. */
interface Place {
  readonly path: FieldPath;
  /** Whether an odd number of `$not` and `$nor` stands above. */
  readonly isNegated: boolean;
  /** Whether negations are pushed down to the fields; CouchDB does so everywhere but within `$elemMatch` and its like. */
  readonly isNormalised: boolean;
}

/** What stands outside a parse and is counted through it. */
interface Budget {
  conditions: number;
}

/**
 * Parses a selector into CouchDB's normal form (mango_selector: normalize).
 *
 * @param maxConditions operators in all
 * @throws RichQueryError with CouchDB's names: bad_arg, invalid_operator, not_supported, invalid_field_name, invalid_selector
 */
export function parseSelector(selector: JsonValue, maxConditions: number): Condition {
  if (!isObject(selector)) throw couchError('invalid_selector_json', `Selector must be a JSON object, not: ${JSON.stringify(selector)}`);
  if (Object.keys(selector).length === 0) return { kind: 'everything' };
  const condition = parsePart(selector, { path: [], isNegated: false, isNormalised: true }, { conditions: maxConditions });
  if (condition.kind === 'field' && condition.path.length === 0) throw couchError('invalid_selector', 'One or more conditions is missing a field name.');
  return condition;
}

function parsePart(part: JsonValue, place: Place, budget: Budget): Condition {
  budget.conditions -= 1;
  if (budget.conditions < 0) throw couchError('bad_request', 'the selector has too many conditions');
  // A bare value means equality, and so does an empty object.
  if (!isObject(part)) return terminal({ operator: '$eq', argument: part }, place);
  const names = Object.keys(part);
  const [name] = names;
  if (name === undefined) return terminal({ operator: '$eq', argument: part }, place);
  if (names.length === 1) return parseMember(name, part[name] ?? null, place, budget);
  return parseAll('and', names.map((each): JsonObject => Object.fromEntries([[each, part[each] ?? null]])), place, budget);
}

function parseMember(name: string, argument: JsonValue, place: Place, budget: Budget): Condition {
  switch (name) {
    case '$and':
    case '$or':
      return parseAll(name === '$and' ? 'and' : 'or', requireArray(name, argument), place, budget);
    case '$nor':
      return parseNegation({ kind: 'or', parts: requireArray(name, argument) }, place, budget);
    case '$not':
      if (!isObject(argument)) throw badArgument(name, argument);
      return parseNegation({ kind: 'and', parts: [argument] }, place, budget);
    case '$elemMatch':
    case '$allMatch':
    case '$keyMapMatch':
      if (!isObject(argument)) throw badArgument(name, argument);
      return terminal({ operator: name, of: parsePart(argument, { path: [], isNegated: false, isNormalised: false }, budget) }, place);
    default:
      if (name.startsWith('$')) return terminal(parseFieldTest(name, argument), place);
      return parsePart(argument, { ...place, path: [...place.path, ...parseFieldPath(name)] }, budget);
  }
}

/** By De Morgan: the negation of all is any of the negated, and the other way round. */
function parseAll(kind: 'and' | 'or', parts: readonly JsonValue[], place: Place, budget: Budget): Condition {
  const of = parts.map((part) => parsePart(part, place, budget));
  return { kind: place.isNegated === (kind === 'and') ? 'or' : 'and', of };
}

function parseNegation(negated: { readonly kind: 'and' | 'or'; readonly parts: readonly JsonValue[] }, place: Place, budget: Budget): Condition {
  const { kind, parts } = negated;
  if (place.isNormalised) {
    const inner = { ...place, isNegated: !place.isNegated };
    const [part] = parts;
    return kind === 'and' && part !== undefined ? parsePart(part, inner, budget) : parseAll(kind, parts, inner, budget);
  }
  return { kind: 'not', of: { kind, of: parts.map((part) => parsePart(part, place, budget)) } };
}

function terminal(test: FieldTest, { path, isNegated }: Place): Condition {
  return { kind: 'field', path, test: isNegated ? negateTest(test) : test };
}

function requireArray(operator: string, argument: JsonValue): readonly JsonValue[] {
  if (!isArray(argument)) throw badArgument(operator, argument);
  return argument;
}

