import fc from 'fast-check';
import { filterInMemoryFields, massageSelector, matchesSelector } from 'pouchdb-selector-core';
import { describe, expect, test } from 'vitest';
import { createScanView } from './document-view.js';
import type { JsonObject } from './json.js';
import { indexOn, isMatch, search } from './test-rows.js';

/*
 * PouchDB's selectors are another implementation of Mango. Where it departs from CouchDB, the arbitraries stay away, and
 * match.test.ts has the case from CouchDB's documentation or source: strings by code units instead of ICU ($gt on mixed
 * case), conditions on missing fields ($ne, $nin, $not), null with $in, an empty $all, $ne of
 * an array, paths through scalars.
 */
const word = fc.stringMatching(/^[a-d]{0,3}$/);
const scalar = fc.oneof(word, fc.integer({ min: -3, max: 3 }), fc.boolean());
const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }));
const document = fc.record({ a: value, b: value, c: fc.record({ d: value }) });
const fieldName = fc.constantFrom('a', 'b', 'c.d');

const ordering = fc.tuple(fc.constantFrom('$eq', '$gt', '$gte', '$lt', '$lte'), value).map(([operator, argument]) => ({ [operator]: argument }));
const comparison = fc.oneof(ordering, scalar.map(($ne) => ({ $ne })));
const membership = fc.tuple(fc.constantFrom('$in', '$nin'), fc.array(scalar, { maxLength: 3 })).map(([operator, argument]) => ({ [operator]: argument }));
const other = fc.oneof(
  fc.array(scalar, { minLength: 1, maxLength: 2 }).map(($all) => ({ $all })),
  fc.integer({ min: 0, max: 3 }).map(($size) => ({ $size })),
  fc.constantFrom('boolean', 'number', 'string', 'array', 'object').map(($type) => ({ $type })),
  fc.tuple(fc.constantFrom(-2, 1, 2, 3), fc.integer({ min: -2, max: 2 })).map(($mod) => ({ $mod })),
  fc.constantFrom('^a', 'b$', '[cd]+', 'a.c').map(($regex) => ({ $regex })),
  fc.boolean().map(($exists) => ({ $exists })),
  fc.tuple(fc.constantFrom('$elemMatch', '$allMatch'), comparison).map(([operator, argument]) => ({ [operator]: argument })),
);
const condition = fc.oneof(comparison, membership, other);
const oneField = fc.tuple(fieldName, fc.oneof(scalar, condition)).map(([name, test]) => ({ [name]: test }));
const selector = fc.oneof(
  oneField,
  fc.record({ a: condition, 'c.d': condition }),
  fc.array(oneField, { minLength: 1, maxLength: 3 }).map(($or) => ({ $or })),
  fc.tuple(condition, condition).map(([a, b]) => ({ $and: [{ a }, { b }] })),
  fc.array(oneField, { minLength: 1, maxLength: 2 }).map(($nor) => ({ $nor })),
);

describe('as pouchdb-selector-core', () => {
  test('matches the same documents', () => {
    fc.assert(
      fc.property(document, selector, (doc, given) => {
        expect(isMatch(given, doc as JsonObject)).toBe(matchesSelector({ _id: 'key', ...doc }, structuredClone(given)));
      }),
      { numRuns: 3_000 },
    );
  });

  test('sorts, skips and limits alike', () => {
    const direction = fc.constantFrom('asc' as const, 'desc' as const);
    const request = fc.record({ sort: fc.constantFrom(['a'], ['b', 'a'], ['c.d', 'b']), direction, skip: fc.nat(4), limit: fc.integer({ min: 1, max: 6 }) });
    fc.assert(
      fc.property(fc.array(document, { maxLength: 12 }), request, (documents, { sort, direction: way, skip, limit }) => {
        const rows = documents.map((each, index) => ({ id: `k${String(index).padStart(2, '0')}`, document: each }));
        const sortSpec = sort.map((field) => ({ [field]: way }));
        const query = { selector: { a: { $exists: true } }, sort: sortSpec, skip, limit };
        const theirs = filterInMemoryFields(rows.map(({ id, document: doc }) => ({ doc: { _id: id, ...doc } })), { ...query, selector: massageSelector(query.selector) }, ['a']);
        expect(search(createScanView(rows), query, [indexOn(sort)]).ids).toEqual(theirs.map(({ doc }) => doc._id));
      }),
      { numRuns: 500 },
    );
  });
});
