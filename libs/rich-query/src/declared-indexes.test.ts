import { isSelvedgeError } from '@selvedge/errors';
import { describe, expect, test } from 'vitest';
import { parseDeclaredIndexes } from './declared-indexes.js';

const file = (path: string, definition: unknown): { path: string; text: string } => ({ path: `META-INF/statedb/couchdb/${path}`, text: typeof definition === 'string' ? definition : JSON.stringify(definition) });
const OWNER = { index: { fields: ['docType', 'owner'] }, ddoc: 'indexOwnerDoc', name: 'indexOwner', type: 'json' };

describe('declared indexes', () => {
  test('of the world state and of collections', () => {
    const declared = parseDeclaredIndexes([
      file('indexes/indexOwner.json', OWNER),
      file('collections/secrets/indexes/x.json', { index: { fields: [{ 'a.b': 'DESC' }] }, ddoc: '_design/x', name: 'n' }),
      file('indexes/README.md', 'no index'),
      file('collections/odd name/indexes/x.json', 'no index'),
      { path: 'package.json', text: '{}' },
    ]);
    expect([...declared.keys()].sort()).toEqual(['', 'secrets']);
    expect(declared.get('')).toEqual([{ designDocument: 'indexOwnerDoc', name: 'indexOwner', columns: [['docType'], ['owner']], partialFilter: undefined }]);
    expect(declared.get('secrets')).toMatchObject([{ designDocument: 'x', name: 'n', columns: [['a', 'b']] }]);
  });

  test('of one name in one design document: the last by file name stays, whatever the order of the files', () => {
    const files = [file('indexes/b.json', { ...OWNER, index: { fields: ['late'] } }), file('indexes/a.json', OWNER)];
    expect(parseDeclaredIndexes(files).get('')?.map(({ columns }) => columns)).toEqual([[['late']]]);
    expect(parseDeclaredIndexes([...files].reverse())).toEqual(parseDeclaredIndexes(files));
  });

  test('may go without names and with a partial filter', () => {
    const declared = parseDeclaredIndexes([file('indexes/a.json', { index: { fields: ['a'] } }), file('indexes/b.json', { index: { fields: ['a'], partial_filter_selector: { b: 1 } } }), file('indexes/c.json', { index: { fields: ['b'], partial_filter_selector: {} } })]);
    expect(declared.get('')?.map(({ partialFilter }) => partialFilter?.kind)).toEqual([undefined, 'field', undefined]);
  });

  test.each<[unknown, string]>([
    ['{', 'it is not valid JSON'],
    ['[]', 'it is not a JSON object'],
    [{ ddoc: 'x' }, '"index" must be a JSON object'],
    [{ index: {} }, '"index.fields" must be an array of fields'],
    [{ index: { fields: [] } }, '"index.fields" must be an array of fields'],
    [{ index: { fields: ['a'] }, type: 'text' }, '"type" must be json'],
    [{ index: { fields: ['a'] }, name: 5 }, '"name" must be a string'],
    [{ index: { fields: ['a'] }, extra: 1 }, 'entry extra is not known'],
    [{ index: { fields: ['a'], extra: 1 } }, 'entry index.extra is not known'],
    [{ index: { fields: [5] } }, 'Invalid sort field'],
    [{ index: { fields: [{ a: 'up' }] } }, 'Invalid sort field'],
    [{ index: { fields: ['a', { b: 'desc' }] } }, 'single direction'],
    [{ index: { fields: ['a..b'] } }, 'Invalid field name'],
    [{ index: { fields: Array.from({ length: 33 }, (_, index) => `f${String(index)}`) } }, 'more than 32 fields'],
    [{ index: { fields: ['a'], partial_filter_selector: { $foo: 1, b: 1 } } }, 'Invalid operator'],
    [`{"index":${'{"a":'.repeat(70)}1${'}'.repeat(70)}}`, 'nested deeper than 64 levels'],
    [' '.repeat(131_073), 'longer than 131072 bytes'],
  ])('%.60j is refused by file', (definition, text) => {
    try {
      parseDeclaredIndexes([file('indexes/x.json', definition)]);
      expect.unreachable();
    } catch (error) {
      expect(isSelvedgeError(error, 'MANIFEST_INVALID')).toBe(true);
      expect((error as Error).message).toContain('META-INF/statedb/couchdb/indexes/x.json');
      expect((error as Error).message).toContain(text);
    }
  });
});
