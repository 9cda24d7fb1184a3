import type { FieldTest } from './condition.js';
import { isArray, type JsonValue } from './json.js';
import { compileRegex } from './linear-regex.js';
import { badArgument, couchError } from './rich-query-error.js';

/** Operators that CouchDB knows and does not have, or has only with a text index, which Fabric does not offer. */
const NOT_SUPPORTED: ReadonlySet<string> = new Set(['$where', '$geoWithin', '$geoIntersects', '$near', '$nearSphere', '$text']);

/**
 * Parses an operator and its argument, those apart that hold selectors themselves.
 * Throws RichQueryError bad_arg, not_supported, invalid_operator.
 */
export function parseFieldTest(operator: string, argument: JsonValue): FieldTest {
  switch (operator) {
    case '$eq':
    case '$ne':
    case '$lt':
    case '$lte':
    case '$gt':
    case '$gte':
      return { operator, argument };
    case '$in':
    case '$nin':
    case '$all':
      if (!isArray(argument)) throw badArgument(operator, argument);
      return { operator, choices: argument };
    case '$exists':
      if (typeof argument !== 'boolean') throw badArgument(operator, argument);
      return { operator, isExpected: argument };
    case '$type':
      if (typeof argument !== 'string') throw badArgument(operator, argument);
      return { operator, type: argument };
    case '$mod':
      return parseModulus(argument);
    case '$size':
      if (!isInteger(argument) || argument < 0) throw badArgument(operator, argument);
      return { operator, length: argument };
    case '$regex':
      if (typeof argument !== 'string') throw badArgument(operator, argument);
      return { operator, regex: compileRegex(argument) };
    case '$beginsWith':
      if (typeof argument !== 'string') throw badArgument(operator, argument);
      return { operator, prefix: argument };
    default:
      if (NOT_SUPPORTED.has(operator)) throw couchError('not_supported', `Unsupported operator: ${operator}`);
      throw couchError('invalid_operator', `Invalid operator: ${operator}`);
  }
}

/** A divisor of 0 is refused here; CouchDB fails at the first document that has an integer at the field. */
function parseModulus(argument: JsonValue): FieldTest {
  const [divisor, remainder] = isArray(argument) && argument.length === 2 ? argument : [];
  if (!isInteger(divisor) || !isInteger(remainder) || divisor === 0) throw badArgument('$mod', argument);
  return { operator: '$mod', divisor, remainder };
}

/** Fabric writes a number without fraction as an integer, up to where Go turns to exponents. */
export const isInteger = (value: JsonValue | undefined): value is number => typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 1e21;

/** The opposite of a test on a value that exists (mango_selector: negate). */
export function negateTest(test: FieldTest): FieldTest {
  switch (test.operator) {
    case '$eq':
      return { ...test, operator: '$ne' };
    case '$ne':
      return { ...test, operator: '$eq' };
    case '$lt':
      return { ...test, operator: '$gte' };
    case '$lte':
      return { ...test, operator: '$gt' };
    case '$gt':
      return { ...test, operator: '$lte' };
    case '$gte':
      return { ...test, operator: '$lt' };
    case '$in':
      return { ...test, operator: '$nin' };
    case '$nin':
      return { ...test, operator: '$in' };
    case '$exists':
      return { operator: '$exists', isExpected: !test.isExpected };
    default:
      return { operator: '$not', of: test };
  }
}
