import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
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

test('too many open queries are refused', async () => {
  await it.text(['openQueries', '3']);
  await expect(it.run(['openQueries', '4'])).rejects.toMatchObject({ code: 'CHAINCODE_LIMIT', details: { limit: 'maxOpenQueries' } });
});
