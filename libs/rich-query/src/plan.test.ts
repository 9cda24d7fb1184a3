import { describe, expect, test } from 'vitest';
import type { IndexDefinition } from './index-definition.js';
import { planQuery } from './plan.js';
import { parseRichQuery } from './query.js';
import { indexOn } from './test-rows.js';

const OWNER = indexOn(['docType', 'owner'], { ddoc: 'indexOwnerDoc', name: 'indexOwner' });
const SIZE = indexOn([{ size: 'desc' }, { docType: 'desc' }, { owner: 'desc' }], { ddoc: 'indexSizeSortDoc', name: 'indexSizeSortName' });
const COLOR = indexOn(['color'], { ddoc: 'a', name: 'color' });
const COLOR_SIZE = indexOn(['color', 'size'], { ddoc: 'b', name: 'colorSize' });
const ALL = [OWNER, SIZE, COLOR, COLOR_SIZE];

const plan = (query: object, indexes: readonly IndexDefinition[] = ALL): ReturnType<typeof planQuery> => planQuery(parseRichQuery(JSON.stringify(query)), indexes);
const chosen = (query: object, indexes?: readonly IndexDefinition[]): string | undefined => plan(query, indexes).index?.name;

describe('the index of a query', () => {
  test.each<[string, object, string | undefined]>([
    ['fits when the selector has all of its columns', { selector: { docType: 'asset', owner: 'tom' } }, 'indexOwner'],
    ['does not fit when a column may be missing', { selector: { docType: 'asset' } }, undefined],
    ['does not fit when a column is wanted absent', { selector: { color: { $exists: false } } }, undefined],
    ['serves conditions that do not narrow it', { selector: { color: { $regex: 'bl' } } }, 'color'],
    ['needs the field in every branch of $or', { selector: { $or: [{ color: 'red' }, { size: 1 }] } }, undefined],
    ['is found through $or that has it everywhere', { selector: { $or: [{ color: 'red' }, { color: 'blue' }] } }, 'color'],
    ['is not found through an empty $or', { selector: { $or: [], size: 1 } }, undefined],
    ['narrowed by more columns goes first', { selector: { color: 'red', size: { $gt: 1 } } }, 'colorSize'],
    ['with fewer columns goes first when none narrows more', { selector: { color: 'red', size: { $ne: 1 } } }, 'color'],
    ['is the hinted one', { selector: { color: 'red', size: 3 }, use_index: 'a' }, 'color'],
    ['is another when the hinted one does not fit', { selector: { color: 'red' }, use_index: ['indexOwnerDoc', 'indexOwner'] }, 'color'],
    ['is another when the hint names none', { selector: { color: 'red' }, use_index: 'nowhere' }, 'color'],
    ['is none for everything', { selector: {} }, undefined],
    ['sorts by its leading columns', { selector: { docType: 'asset', owner: 'tom', size: { $gt: 0 } }, sort: [{ size: 'desc' }] }, 'indexSizeSortName'],
    ['sorts behind a column that is pinned', { selector: { docType: 'asset', owner: { $gt: '' } }, sort: ['owner'] }, 'indexOwner'],
    ['needs no condition on the fields of the sort', { selector: { docType: 'asset' }, sort: ['docType', 'owner'] }, 'indexOwner'],
    ['is none for a sort by key', { selector: { _id: { $gt: null } }, sort: ['_id'] }, undefined],
  ])('%s', (_name, query, expected) => {
    expect(chosen(query)).toBe(expected);
  });

  test('goes by design document and name when all else is equal', () => {
    const [one, two] = [indexOn(['x'], { ddoc: 'b', name: 'a' }), indexOn(['x'], { ddoc: 'a', name: 'z' })];
    expect(chosen({ selector: { x: 1 } }, [one, two])).toBe('z');
  });

  test('with a partial filter serves only when it is named', () => {
    const partial = indexOn(['x'], { ddoc: 'p', name: 'partial', partial_filter_selector: { status: 'live' } });
    expect(chosen({ selector: { x: 1 } }, [partial])).toBeUndefined();
    expect(chosen({ selector: { x: 1 }, use_index: 'p' }, [partial])).toBe('partial');
  });
});

describe('refusals', () => {
  test.each<[string, object]>([
    ['a sort without an index', { selector: { color: 'red' }, sort: ['weight'] }],
    ['a sort in another order than the index', { selector: { color: 'red', size: { $gt: 0 } }, sort: ['size', 'color'] }],
    ['a sort behind a column that is not pinned', { selector: { docType: { $gt: 'a' }, owner: 'x' }, sort: ['owner'] }],
    ['a sort by key without a condition on it', { selector: { color: 'red' }, sort: ['_id'] }],
  ])('%s', (_name, query) => {
    expect(() => plan(query)).toThrow('error handling CouchDB request. Error:no_usable_index,  Status Code:400,  Reason:No index exists for this sort, try indexing by the sort fields.');
  });

  test('no fallback allowed', () => {
    expect(() => plan({ selector: { color: 'red' }, use_index: ['nowhere', 'x'], allow_fallback: false })).toThrow('_design/nowhere, x specified by `use_index` could not be found or it is not suitable.');
    expect(() => plan({ selector: {}, allow_fallback: false })).toThrow('You must specify an index with the `use_index` parameter.');
    expect(chosen({ selector: { color: 'red' }, allow_fallback: false })).toBe('color');
  });
});

describe('an empty plan', () => {
  test.each<[object, boolean]>([
    [{ $or: [] }, true],
    [{ $and: [] }, true],
    [{ color: { $gt: 5, $lt: 4 } }, true],
    [{ color: { $gt: 5, $lt: 5 } }, false],
    [{ _id: { $gt: 'b', $lt: 'a' } }, true],
    [{}, false],
  ])('%j: %s', (selector, isEmpty) => {
    expect(plan({ selector }).isEmpty).toBe(isEmpty);
  });
});
