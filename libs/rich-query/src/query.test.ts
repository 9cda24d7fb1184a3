import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RICH_QUERY_LIMITS } from './limits.js';
import { parseRichQuery } from './query.js';
import { RichQueryError } from './rich-query-error.js';

const parse = (query: unknown): ReturnType<typeof parseRichQuery> => parseRichQuery(JSON.stringify(query));
const refusal = (text: string): RichQueryError => {
  try {
    parseRichQuery(text);
  } catch (error) {
    if (error instanceof RichQueryError) return error;
    throw error;
  }
  throw new Error('was accepted');
};

describe('refusals have the texts of Fabric and CouchDB', () => {
  test.each<[unknown, string]>([
    [{}, 'Error:missing_required_key,  Status Code:400,  Reason:Missing required key: selector'],
    [{ selector: 5 }, 'Error:invalid_selector_json,  Status Code:400,  Reason:Selector must be a JSON object, not: 5'],
    [{ selector: { a: { $foo: 1 } } }, 'Error:invalid_operator,  Status Code:400,  Reason:Invalid operator: $foo'],
    [{ selector: { a: { $in: 1 } } }, 'Error:bad_arg,  Status Code:400,  Reason:Bad argument for operator $in: 1'],
    [{ selector: { a: { $exists: 'yes' } } }, 'Reason:Bad argument for operator $exists: "yes"'],
    [{ selector: { a: { $type: 1 } } }, 'Bad argument for operator $type: 1'],
    [{ selector: { a: { $size: -1 } } }, 'Bad argument for operator $size: -1'],
    [{ selector: { a: { $mod: [0, 1] } } }, 'Bad argument for operator $mod: [0,1]'],
    [{ selector: { a: { $mod: [2] } } }, 'Bad argument for operator $mod: [2]'],
    [{ selector: { a: { $all: {} } } }, 'Bad argument for operator $all: {}'],
    [{ selector: { a: { $elemMatch: [] } } }, 'Bad argument for operator $elemMatch: []'],
    [{ selector: { $and: {} } }, 'Bad argument for operator $and: {}'],
    [{ selector: { $nor: 1 } }, 'Bad argument for operator $nor: 1'],
    [{ selector: { $not: [] } }, 'Bad argument for operator $not: []'],
    [{ selector: { a: { $beginsWith: 1 } } }, 'Bad argument for operator $beginsWith: 1'],
    [{ selector: { $where: '1' } }, 'Error:not_supported,  Status Code:400,  Reason:Unsupported operator: $where'],
    [{ selector: { a: { $text: 'x' } } }, 'Unsupported operator: $text'],
    [{ selector: { $gt: 1 } }, 'Error:invalid_selector,  Status Code:400,  Reason:One or more conditions is missing a field name.'],
    [{ selector: { 'a..b': 1 } }, 'Error:invalid_field_name,  Status Code:400,  Reason:Invalid field name: a..b'],
    [{ selector: {}, foo: 1 }, 'Error:invalid_key,  Status Code:400,  Reason:Invalid key foo for this request.'],
    [{ selector: {}, sort: 'a' }, 'Error:invalid_sort_json'],
    [{ selector: {}, sort: [{ a: 'up' }] }, 'Error:invalid_sort_field'],
    [{ selector: {}, sort: [''] }, 'Error:invalid_sort_field'],
    [{ selector: {}, sort: ['a', { b: 'desc' }] }, 'Error:unsupported_mixed_sort,  Status Code:400,  Reason:Sorts currently only support a single direction for all fields.'],
    [{ selector: {}, fields: 'a' }, 'fields definition must be an array'],
    [{ selector: {}, fields: [1] }, 'Error:invalid_field,  Status Code:400,  Reason:Invalid JSON for field spec: 1'],
    [{ selector: {}, skip: -1 }, 'Error:invalid_non_neg_integer,  Status Code:400,  Reason:-1 is not an integer greater than or equal to zero'],
    [{ selector: {}, limit: '5' }, '"5" is not an integer greater than or equal to zero'],
    [{ selector: {}, bookmark: 5 }, 'Error:invalid_bookmark,  Status Code:400,  Reason:Invalid bookmark value: 5'],
    [{ selector: {}, use_index: {} }, 'Error:invalid_index_name'],
    [{ selector: {}, use_index: 'a/b/c' }, 'Error:invalid_index_name'],
    [{ selector: {}, execution_stats: 1 }, 'Error:invalid_value'],
    [{ selector: {}, partition: 'p' }, 'not supported on this database'],
    [[], 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
    ['', 'json: cannot unmarshal string into Go value'],
  ])('%j', (query, text) => {
    expect(refusal(JSON.stringify(query)).message).toContain(text);
  });

  test('text that is no JSON', () => {
    expect(refusal('').message).toBe('EOF');
    expect(refusal('{"selector":').message).toContain('not valid JSON');
    expect(refusal('{"selector":{"a":1e999}}').message).toContain('a number in it is too large');
  });
});

describe('options', () => {
  test('what a query may say', () => {
    const query = parse({ selector: { a: 1 }, sort: [{ 'b.c': 'desc' }], fields: ['x', 'y.z'], limit: 3, skip: 1, bookmark: 'm', use_index: ['_design/d', 'n'], execution_stats: true, r: 1, conflicts: false, stale: 'ok', update: true, stable: false });
    expect(query).toMatchObject({ sort: { fields: [['b', 'c']], direction: 'desc' }, fields: [['x'], ['y', 'z']], limit: 3, skip: 1, bookmark: 'm', useIndex: { designDocument: 'd', name: 'n' }, mayFallBack: true });
  });

  test('what it need not', () => {
    expect(parse({ selector: {} })).toEqual({ selector: { kind: 'everything' }, sort: { fields: [], direction: 'asc' }, fields: undefined, limit: undefined, skip: 0, bookmark: undefined, useIndex: undefined, mayFallBack: true });
  });

  test.each<[unknown, unknown]>([
    ['d', { designDocument: 'd', name: undefined }],
    ['_design/d', { designDocument: 'd', name: undefined }],
    ['d/n', { designDocument: 'd', name: 'n' }],
    ['_design/d/n', { designDocument: 'd', name: 'n' }],
    [['d'], { designDocument: 'd', name: undefined }],
    [[], undefined],
    [null, undefined],
  ])('use_index %j', (useIndex, expected) => {
    expect(parse({ selector: {}, use_index: useIndex }).useIndex).toEqual(expected);
  });
});

describe('normal form, as CouchDB’s', () => {
  test('field names go to the terminals and negations down to them', () => {
    expect(parse({ selector: { a: { b: { $gt: 1, $lt: 5 } } } }).selector).toEqual({
      kind: 'and',
      of: [{ kind: 'field', path: ['a', 'b'], test: { operator: '$gt', argument: 1 } }, { kind: 'field', path: ['a', 'b'], test: { operator: '$lt', argument: 5 } }],
    });
    expect(parse({ selector: { $not: { $and: [{ a: { $gt: 1 } }, { b: { $in: [1] } }] } } }).selector).toEqual({
      kind: 'or',
      of: [{ kind: 'field', path: ['a'], test: { operator: '$lte', argument: 1 } }, { kind: 'field', path: ['b'], test: { operator: '$nin', choices: [1] } }],
    });
    expect(parse({ selector: { $nor: [{ a: 1 }, { $not: { b: 1 } }] } }).selector).toEqual({
      kind: 'and',
      of: [{ kind: 'field', path: ['a'], test: { operator: '$ne', argument: 1 } }, { kind: 'field', path: ['b'], test: { operator: '$eq', argument: 1 } }],
    });
  });
});

describe('hostile queries', () => {
  const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

  test('too long, too deep, too many conditions', () => {
    expect(refusal(JSON.stringify({ selector: { a: 'x'.repeat(RICH_QUERY_LIMITS.maxQueryBytes) } })).message).toContain('longer than 131072 bytes');
    expect(refusal(`{"selector":${nested(64)}}`).message).toContain('nested deeper than 64 levels');
    expect(refusal(`{"selector":${'['.repeat(60_000)}${']'.repeat(60_000)}}`).message).toContain('nested deeper than 64 levels');
    expect(parseRichQuery(`{"selector":${nested(60)}}`).selector.kind).toBe('field');
    expect(refusal(JSON.stringify({ selector: { $or: Array.from({ length: 1_000 }, (_, a) => ({ a })) } })).message).toContain('too many conditions');
  });

  test('whatever is no query ends in RichQueryError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.jsonValue().map((selector) => JSON.stringify({ selector }))), (text) => {
        try {
          parseRichQuery(text);
        } catch (error) {
          expect(error).toBeInstanceOf(RichQueryError);
        }
      }),
    );
  });
});
