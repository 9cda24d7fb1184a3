import { describe, expect, test } from 'vitest';
import { isMatch } from './test-rows.js';

type Case = [selector: unknown, document: Record<string, never>, isExpected: boolean];
const cases = (list: [unknown, unknown, boolean][]): Case[] => list as Case[];
const check = ([selector, document, isExpected]: Case): void => { expect(isMatch(selector, document)).toBe(isExpected); };

const MOVIE = { title: 'Live And Let Die', year: 1973, imdb: { rating: 6.8, votes: 46_000 }, cast: [{ name: 'Roger Moore' }, { name: 'Jane Seymour' }], genre: ['Action', 'Adventure'] };

describe('the examples of CouchDB’s documentation', () => {
  test.each(cases([
    [{ title: 'Live And Let Die' }, MOVIE, true],
    [{ title: 'Live And Let Die', 'cast.0.name': 'Roger Moore' }, MOVIE, true],
    [{ imdb: { rating: 6.8 } }, MOVIE, true],
    [{ 'imdb.rating': { $gt: 6, $lt: 7 } }, MOVIE, true],
    [{ $and: [{ title: 'Total Recall' }, { year: { $in: [1984, 1991] } }] }, MOVIE, false],
    [{ year: { $gte: 1900 }, $not: { year: 1901 } }, MOVIE, true],
    [{ year: { $gte: 1900 }, $nor: [{ year: 1973 }, { year: 1906 }] }, MOVIE, false],
    [{ genre: { $all: ['Action', 'Adventure'] } }, MOVIE, true],
    [{ genre: { $elemMatch: { $eq: 'Action' } } }, MOVIE, true],
    [{ genre: { $allMatch: { $eq: 'Action' } } }, MOVIE, false],
    [{ cast: { $elemMatch: { name: { $beginsWith: 'Jane' } } } }, MOVIE, true],
    [{ cameras: { $keyMapMatch: { $eq: 'secondary' } } }, { cameras: { primary: {}, secondary: {} } }, true],
    [{ cameras: { $keyMapMatch: { $eq: 'third' } } }, { cameras: { primary: {}, secondary: {} } }, false],
    [{ year: { $exists: true } }, MOVIE, true],
    [{ title: { $regex: '^Live' } }, MOVIE, true],
    [{ year: { $mod: [10, 3] } }, MOVIE, true],
    [{ genre: { $size: 2 } }, MOVIE, true],
    [{}, MOVIE, true],
  ]))('%j', (...row) => { check(row); });
});

describe('where PouchDB differs', () => {
  test.each(cases([
    // A condition needs its field to exist (mango_selector: match), negated ones too.
    [{ a: { $ne: 1 } }, {}, false],
    [{ a: { $nin: [1] } }, {}, false],
    [{ a: { $not: { $eq: 1 } } }, {}, false],
    [{ $not: { a: 1 } }, {}, false],
    [{ $nor: [{ a: 1 }] }, {}, false],
    [{ a: { $not: { $regex: 'x' } } }, {}, false],
    [{ a: { $not: { $regex: 'x' } } }, { a: 5 }, true],
    [{ a: { $exists: false } }, {}, true],
    [{ $not: { a: { $exists: true } } }, {}, true],
    // $exists: false wants the parent to be an object.
    [{ 'a.b': { $exists: false } }, { a: {} }, true],
    [{ 'a.b': { $exists: false } }, { a: 5 }, false],
    [{ 'a.b': { $exists: false } }, { a: [] }, false],
    // null is a value, the least of all.
    [{ a: { $in: [null] } }, { a: null }, true],
    [{ a: { $type: 'null' } }, { a: null }, true],
    [{ a: { $lt: false } }, { a: null }, true],
    [{ a: { $gt: null } }, { a: null }, false],
    // Empty lists.
    [{ a: { $all: [] } }, { a: [] }, false],
    [{ a: { $in: [] } }, { a: 1 }, false],
    [{ a: { $nin: [] } }, { a: 1 }, true],
    [{ a: 1, $or: [] }, { a: 1 }, true],
    // Types compare by collation.
    [{ a: { $gt: 1_000 } }, { a: '1' }, true],
    [{ a: { $gt: 'z' } }, { a: [] }, true],
    [{ a: { $gt: [9] } }, { a: {} }, true],
    [{ a: { $lt: 0 } }, { a: true }, true],
    // Strings compare by ICU: aa < AA < b, and composed equals decomposed.
    [{ a: { $lt: 'b' } }, { a: 'A' }, true],
    [{ a: { $gt: 'a' } }, { a: 'A' }, true],
    [{ a: 'é' }, { a: 'e\u0301' }, true],
    [{ a: { $all: ['é'] } }, { a: ['e\u0301'] }, false],
    // $in and $nin look into arrays, not at them.
    [{ a: { $in: [[1, 2]] } }, { a: [1, 2] }, false],
    [{ a: { $in: [2] } }, { a: [1, 2] }, true],
    [{ a: { $nin: [2] } }, { a: [1, 2] }, false],
    [{ a: { $all: [[1, 2]] } }, { a: [1, 2] }, true],
    // An object is compared whole, an empty one too; the order of names does not matter.
    [{ a: {} }, { a: {} }, true],
    [{ a: {} }, { a: { b: 1 } }, false],
    [{ a: { $eq: { x: 1, b: 2 } } }, { a: { b: 2, x: 1 } }, true],
    // Paths lead into arrays by index.
    [{ 'a.1': 'y' }, { a: ['x', 'y'] }, true],
    [{ 'a.9': { $exists: false } }, { a: ['x'] }, false],
    [{ 'a\\.b': 1 }, { 'a.b': 1 }, true],
    [{ 'a\\.b': 1 }, { a: { b: 1 } }, false],
    // Within $elemMatch a negation stays where it is.
    [{ a: { $elemMatch: { $not: { b: 1 } } } }, { a: [{}] }, true],
    [{ a: { $elemMatch: { $nor: [{ b: 1 }, { b: 2 }] } } }, { a: [{ b: 3 }] }, true],
    [{ a: { $elemMatch: { $nor: [{ b: 1 }, { b: 2 }] } } }, { a: [{ b: 1 }] }, false],
    [{ a: { $elemMatch: { $gte: 80, $lt: 85 } } }, { a: [70, 82] }, true],
    [{ a: { $elemMatch: { $gte: 80, $lt: 85 } } }, { a: [70, 90] }, false],
    [{ a: { $allMatch: { $gt: 0 } } }, { a: [] }, false],
    // $mod takes integers only, with the sign of the value.
    [{ a: { $mod: [2, -1] } }, { a: -3 }, true],
    [{ a: { $mod: [2, 1] } }, { a: 2.5 }, false],
    [{ a: { $mod: [2, 1] } }, { a: '3' }, false],
    [{ a: { $beginsWith: 'ab' } }, { a: 5 }, false],
    [{ a: { $beginsWith: '' } }, { a: '' }, true],
    [{ a: { $type: 'integer' } }, { a: 1 }, false],
  ]))('%j on %j', (...row) => { check(row); });
});

describe('names that JavaScript gives a meaning', () => {
  test.each(['__proto__', 'constructor', 'toString', 'length'])('%s is a field like any other', (name) => {
    expect(isMatch({ [name]: { $exists: true } }, {})).toBe(false);
    expect(isMatch(JSON.parse(`{"${name}":7}`), JSON.parse(`{"${name}":7}`) as never)).toBe(true);
    expect(isMatch({ [`a.${name}`]: { $exists: true } }, { a: [1] })).toBe(false);
  });
});

describe('the key as _id', () => {
  test('is the key, whatever the document says, and compares by bytes', () => {
    expect(isMatch({ _id: 'k' }, { _id: 'other' }, 'k')).toBe(true);
    expect(isMatch({ _id: { $gt: null } }, {}, 'k')).toBe(true);
    expect(isMatch({ _id: { $lt: 'a' } }, {}, 'B')).toBe(true);
    expect(isMatch({ _id: { $lt: {} } }, {}, 'k')).toBe(false);
    expect(isMatch({ a: { _id: 'inner' } }, { a: { _id: 'inner' } }, 'k')).toBe(true);
  });
});
