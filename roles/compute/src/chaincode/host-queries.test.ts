import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BEHAVIOURS, createTestStore, openTestHost, type TestHost, type TestStore } from './testdata/test-host.js';

let store: TestStore;
let it: TestHost;
beforeAll(async () => {
  store = await createTestStore(BEHAVIOURS);
  it = await openTestHost(store, { limits: { maxOpenQueries: 3 } });
  for (let index = 0; index < 250; index += 1) it.state.set('', keyOf(index), `v${String(index)}`);
  for (const attributes of ['a,1', 'a,2', 'b,1']) it.state.set('', compositeKey('pair', attributes.split(',')), 'v');
  it.state.set('', compositeKey('pairs', ['a', '3']), 'v');
  for (let index = 0; index < 120; index += 1) it.state.set('stones', keyOf(index), 'v');
});
afterAll(async () => {
  await it.close();
  await store.remove();
});

const keyOf = (index: number): string => `k${String(index).padStart(3, '0')}`;
const compositeKey = (type: string, attributes: string[]): string => `\u0000${type}\u0000${attributes.map((attribute) => `${attribute}\u0000`).join('')}`;
const keys = async (...args: string[]): Promise<unknown> => JSON.parse(await it.text(args)) as unknown;
let all: string[];
beforeEach(() => {
  all = Array.from({ length: 250 }, (_, index) => keyOf(index));
});

test('a range comes in pages of a hundred without loss, composite keys apart', async () => {
  expect(await keys('range', '', '')).toEqual(all);
});

test('the start of a range is in it, the end is not', async () => {
  expect(await keys('range', 'k010', 'k013')).toEqual(['k010', 'k011', 'k012']);
  expect(await keys('range', 'k100', 'k200')).toEqual(all.slice(100, 200));
  expect(await keys('range', 'zz', '')).toEqual([]);
});

test('an iterator may be closed early', async () => {
  expect(await it.text(['firstOfRange'])).toBe('k000');
});

test('private ranges', async () => {
  expect(await keys('privateRange', 'stones', '', '')).toEqual(all.slice(0, 120));
});

test('partial composite keys', async () => {
  expect(await keys('partial', 'pair', '["a"]')).toEqual([['a', '1'], ['a', '2']]);
  expect(await keys('partial', 'pair', '[]')).toEqual([['a', '1'], ['a', '2'], ['b', '1']]);
});

test('explicit pages have a bookmark until the end', async () => {
  const first = (await keys('page', '240', '')) as { keys: string[]; metadata: unknown };
  expect(first.keys).toEqual(all.slice(0, 240));
  expect(first.metadata).toEqual({ bookmark: 'k240', fetchedRecordsCount: 240 });
  expect(await keys('page', '240', 'k240')).toEqual({ keys: all.slice(240), metadata: { bookmark: '', fetchedRecordsCount: 10 } });
});

test('a page reads no more of the state than it needs', async () => {
  let read = 0;
  const calls = {
    ...it.state.begin().calls,
    getRange: () =>
      Promise.resolve(
        (function* () {
          for (const key of all) {
            read += 1;
            yield { key, value: Buffer.from('v') };
          }
        })(),
      ),
  };
  await it.text(['page', '5', ''], { calls });
  expect(read).toBe(6);
});

describe('rich queries', () => {
  const documents = Array.from({ length: 230 }, (_, index) => `d${String(index).padStart(3, '0')}`);
  beforeAll(() => {
    for (const [index, key] of documents.entries()) it.state.set('', key, JSON.stringify({ type: 'd', size: index }));
    for (const [index, key] of documents.slice(0, 120).entries()) it.state.set('stones', key, JSON.stringify({ type: 'd', size: index }));
  });
  const ALL = '{"selector":{"type":"d"}}';

  test('come in pages of a hundred without loss', async () => {
    expect(await keys('richQuery', ALL)).toEqual(documents);
    expect(await keys('richQuery', '{"selector":{"size":{"$in":[3,5]}}}')).toEqual(['d003', 'd005']);
    expect(await keys('richQuery', '{"selector":{"type":"other"}}')).toEqual([]);
    expect(await keys('privateRichQuery', 'stones', ALL)).toEqual(documents.slice(0, 120));
  });

  test('in explicit pages have a bookmark of their own', async () => {
    const first = (await keys('richPage', ALL, '200', '')) as { keys: string[]; metadata: { bookmark: string } };
    expect(first).toMatchObject({ keys: documents.slice(0, 200), metadata: { fetchedRecordsCount: 200 } });
    const second = (await keys('richPage', ALL, '200', first.metadata.bookmark)) as typeof first;
    expect(second).toMatchObject({ keys: documents.slice(200), metadata: { fetchedRecordsCount: 30 } });
    expect(await keys('richPage', ALL, '200', second.metadata.bookmark)).toEqual({ keys: [], metadata: { fetchedRecordsCount: 0, bookmark: second.metadata.bookmark } });
    expect(await keys('richPage', ALL, '0', first.metadata.bookmark)).toMatchObject({ keys: documents.slice(200) });
  });

  test('that are not valid are told to the chaincode in Fabric’s words, which may go on', async () => {
    expect(await it.text(['swallowBadQuery'])).toMatch(/GET_QUERY_RESULT failed: transaction ID: [^:]+: error handling CouchDB request\. Error:invalid_operator, {2}Status Code:400, {2}Reason:Invalid operator: \$foo$/);
    expect(await it.text(['richPage', ALL, '5', 'nonsense']).catch((error: unknown) => (error as Error).message)).toContain('Error:invalid_bookmark');
  });

  test('find the indexes that the package declares', async () => {
    const declared = await it.host.declaredIndexes(it.codeHash);
    expect([...declared]).toEqual([['', [{ designDocument: 'sizeDoc', name: 'size', columns: [['size']], partialFilter: undefined }]]]);
    await expect(it.host.declaredIndexes(new Uint8Array(32))).rejects.toMatchObject({ code: 'CONTRACT_CODE_MISSING' });
  });
});

test('too many open queries are refused', async () => {
  await it.text(['openQueries', '3']);
  await expect(it.run(['openQueries', '4'])).rejects.toMatchObject({ code: 'CHAINCODE_LIMIT', details: { limit: 'maxOpenQueries' } });
});
