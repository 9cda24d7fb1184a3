import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createScanView } from './document-view.js';
import type { IndexDefinition } from './index-definition.js';
import { createIndexedDocuments, type IndexedDocuments } from './indexed-documents.js';
import type { JsonObject } from './json.js';
import { indexOn, rowsOf, search } from './test-rows.js';

const INDEXES = [indexOn(['a']), indexOn(['a', 'b'], { ddoc: 'ab', name: 'ab' }), indexOn(['b', '_id'], { ddoc: 'b', name: 'b' }), indexOn(['b'], { ddoc: 'p', name: 'p', partial_filter_selector: { a: { $gt: 0 } } })];

function indexed(documents: Readonly<Record<string, JsonObject>>, definitions: readonly IndexDefinition[] = INDEXES): IndexedDocuments {
  const view = createIndexedDocuments(definitions);
  for (const [id, document] of Object.entries(documents)) view.put(id, document);
  return view;
}

const text = fc.string({ unit: fc.constantFrom('a', 'A', 'b', 'é', 'e', '\u0301', '-', ' ', '\u{1f600}', '\uffff', 'l', '·', 'เ', 'ก'), maxLength: 4 });
const value: fc.Arbitrary<unknown> = fc.oneof(text, fc.integer({ min: -3, max: 3 }), fc.constantFrom(null, true, false), fc.array(text, { maxLength: 2 }), fc.record({ x: text }));
const document = fc.record({ a: value, b: value }, { requiredKeys: [] });
const test1 = fc.oneof(
  value,
  fc.tuple(fc.constantFrom('$gt', '$gte', '$lt', '$lte', '$eq', '$ne'), value).map(([operator, argument]) => ({ [operator]: argument })),
  text.map(($beginsWith) => ({ $beginsWith })),
  fc.tuple(value, value).map(([$gte, $lt]) => ({ $gte, $lt })),
  fc.constant({ $exists: true }),
);
const query = fc.record(
  {
    selector: fc.oneof(fc.record({ a: test1, b: test1 }, { requiredKeys: [] }), fc.record({ a: test1, _id: test1 }), fc.array(fc.record({ a: test1 }), { maxLength: 2 }).map(($or) => ({ $or }))),
    sort: fc.constantFrom([], [{ a: 'asc' }], [{ a: 'desc' }], [{ a: 'desc' }, { b: 'desc' }], ['b']),
    skip: fc.nat(2),
    use_index: fc.constantFrom('ab', 'p', 'b', 'none'),
  },
  { requiredKeys: ['selector'] },
);

describe('an index', () => {
  test('answers as a scan does, whatever was put, replaced and removed before', () => {
    const changes = fc.array(fc.tuple(fc.constantFrom('k1', 'k2', 'K3', 'é', '\uffff', '\u{1f600}', 'a', 'A', 'ab'), fc.option(document, { nil: undefined })), { maxLength: 25 });
    fc.assert(
      fc.property(changes, query, (history, given) => {
        const view = createIndexedDocuments(INDEXES);
        const plain = new Map<string, JsonObject>();
        for (const [id, change] of history) {
          if (change === undefined) {
            view.remove(id);
            plain.delete(id);
          } else {
            view.put(id, change as JsonObject);
            plain.set(id, change as JsonObject);
          }
        }
        expect(view.size).toBe(plain.size);
        const rows = [...plain].map(([id, each]) => ({ id, document: each }));
        const { ids, bookmark } = search(view, given, INDEXES);
        expect({ ids, bookmark }).toEqual((({ ids: i, bookmark: b }) => ({ ids: i, bookmark: b }))(search(createScanView(rows), given, INDEXES)));
      }),
      { numRuns: 2_000 },
    );
  });

  test('costs as much as what it selects, not as much as there is', () => {
    const definition = indexOn(['owner', 'size']);
    const view = createIndexedDocuments([definition]);
    for (let index = 0; index < 20_000; index += 1) view.put(`asset${String(index)}`, { owner: `owner${String(index % 1_000)}`, size: index });
    const query20 = { selector: { owner: 'owner7', size: { $gt: 0 } } };
    const narrow = search(view, query20, [definition]);
    expect(narrow.ids).toHaveLength(20);
    expect(narrow.spent).toBeLessThan(200);
    expect(search(view, query20).spent).toBeGreaterThan(20_000);
  });

  test('that the documents lack is refused', () => {
    expect(() => search(createIndexedDocuments([]), { selector: { a: 1 } }, INDEXES)).toThrow(RangeError);
  });
});

describe('order', () => {
  const DOCUMENTS = { b: { a: 1, b: 'x' }, a: { a: 1, b: 'y' }, C: { a: 0, b: 'z' }, d: { b: 'no a' } };

  test('without an index is that of the keys’ bytes', () => {
    expect(search(indexed(DOCUMENTS), { selector: {} }).ids).toEqual(['C', 'a', 'b', 'd']);
  });

  test('with an index is the index’s, then the keys’; descending turns both round', () => {
    expect(search(indexed(DOCUMENTS), { selector: { a: { $gte: 0 } } }, INDEXES).ids).toEqual(['C', 'a', 'b']);
    expect(search(indexed(DOCUMENTS), { selector: { a: { $gte: 0 } }, sort: [{ a: 'desc' }] }, INDEXES).ids).toEqual(['b', 'a', 'C']);
  });

  test('a document without a field of the sort is not found', () => {
    expect(search(createScanView(rowsOf(DOCUMENTS)), { selector: { b: { $exists: true } }, sort: ['a'] }, INDEXES).ids).toEqual(['C', 'a', 'b']);
  });

  test('a partial index finds what it holds', () => {
    expect(search(indexed(DOCUMENTS), { selector: { b: { $gt: null } }, use_index: 'p' }, INDEXES).ids).toEqual(['b', 'a']);
  });
});

describe('pages', () => {
  const DOCUMENTS = Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`k${String(index)}`, { a: index % 3 }]));
  const QUERY = { selector: { a: { $gte: 0 } } };

  function pages(view: IndexedDocuments, given: object, limit: number, between: () => void = () => undefined): string[][] {
    const found: string[][] = [];
    let bookmark = '';
    for (;;) {
      const page = search(view, given, INDEXES, { limit, bookmark });
      found.push(page.ids);
      if (page.ids.length === 0) {
        expect(page.bookmark).toBe(bookmark);
        return found;
      }
      ({ bookmark } = page);
      between();
    }
  }

  test('together are the whole, in both directions, by index and by key', () => {
    const view = indexed(DOCUMENTS);
    expect(pages(view, QUERY, 3)).toEqual([['k0', 'k3', 'k6'], ['k1', 'k4', 'k2'], ['k5'], []]);
    expect(pages(view, { ...QUERY, sort: [{ a: 'desc' }] }, 3).flat()).toEqual(['k5', 'k2', 'k4', 'k1', 'k6', 'k3', 'k0']);
    expect(pages(view, { selector: {} }, 4)).toEqual([['k0', 'k1', 'k2', 'k3'], ['k4', 'k5', 'k6'], []]);
  });

  test('go on where they ended although the document there has gone', () => {
    const view = indexed(DOCUMENTS);
    expect(pages(view, QUERY, 3, () => { view.remove('k6'); }).flat()).toEqual(['k0', 'k3', 'k6', 'k1', 'k4', 'k2', 'k5']);
  });

  test('of nothing have CouchDB’s bookmark for it, which starts anew', () => {
    expect(search(indexed({}), QUERY, INDEXES).bookmark).toBe('nil');
    expect(search(indexed(DOCUMENTS), QUERY, INDEXES, { bookmark: 'nil', limit: 1 }).ids).toEqual(['k0']);
  });

  test('a bookmark in the query counts unless another is given', () => {
    const view = indexed(DOCUMENTS);
    const { bookmark } = search(view, QUERY, INDEXES, { limit: 6 });
    expect(search(view, { ...QUERY, bookmark }, INDEXES).ids).toEqual(['k5']);
    expect(search(view, { ...QUERY, bookmark: 'x' }, INDEXES, { bookmark }).ids).toEqual(['k5']);
  });

  test.each(['x', '%%', 'W10', 'WzEsMl0', 'W1sxLDIsM10sImsiXQ', Buffer.from(`[[${'['.repeat(9_999)}${']'.repeat(9_999)}],"k"]`).toString('base64url')])('%.20s is no bookmark of this query', (bookmark) => {
    expect(() => search(indexed(DOCUMENTS), QUERY, INDEXES, { bookmark })).toThrow('Error:invalid_bookmark,  Status Code:400,  Reason:Invalid bookmark value: ');
  });

  test('limit and skip', () => {
    const view = indexed(DOCUMENTS);
    expect(search(view, { ...QUERY, skip: 2, limit: 2 }, INDEXES).ids).toEqual(['k6', 'k1']);
    expect(search(view, { ...QUERY, limit: 0 }, INDEXES).ids).toEqual([]);
    expect(search(view, { ...QUERY, limit: 1 }, INDEXES, { limit: 3 }).ids).toHaveLength(3);
  });
});

describe('a search', () => {
  test('sees one state although documents change while it gives way', () => {
    const view = createIndexedDocuments([]);
    for (let index = 0; index < 300; index += 1) view.put(`k${String(index).padStart(3, '0')}`, {});
    const plan = { index: undefined, direction: 'asc' as const, isEmpty: false, bounds: { isEmpty: false, position: () => 0, start: undefined, end: undefined } };
    const iterator = view.search({ plan, isMatch: () => true, after: undefined, spend: () => undefined })[Symbol.iterator]();
    iterator.next();
    for (let index = 0; index < 300; index += 1) view.remove(`k${String(index).padStart(3, '0')}`);
    let found = 1;
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) if (next.value !== undefined) found += 1;
    expect(found).toBe(300);
  });

  test('breaks now and then', () => {
    const rows = Array.from({ length: 1_000 }, (_, index) => ({ id: String(index), document: { a: index } }));
    const isMatch = (): boolean => false;
    const plan = { index: undefined, direction: 'asc' as const, isEmpty: false, bounds: { isEmpty: false, position: () => 0, start: undefined, end: undefined } };
    // Once in 128 documents.
    expect([...createScanView(rows).search({ plan, isMatch, after: undefined, spend: () => undefined })]).toEqual(Array.from({ length: 7 }, () => undefined));
  });
});
