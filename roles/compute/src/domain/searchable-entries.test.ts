import { parseIndexDefinition, parseRichQuery, planQuery, searchDocuments, type IndexDefinition } from '@selvedge/rich-query';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StateEntry } from '../ports.js';
import { searchEntries } from './searchable-entries.js';

const SIZE: readonly IndexDefinition[] = [parseIndexDefinition('{"index":{"fields":["size"]}}', 'size.json')];
const NONE: readonly IndexDefinition[] = [];
const entriesOf = (sizes: readonly number[]): StateEntry[] => [
  ...sizes.map((size, index) => ({ key: `k${String(index)}`, value: Buffer.from(JSON.stringify({ size })) })),
  { key: 'x', value: Buffer.from('no document') },
];
const turn = (): Promise<void> => Promise.resolve();

async function find(entries: readonly StateEntry[], text: string, indexes: readonly IndexDefinition[], giveWay = turn): Promise<{ keys: string[]; work: number }> {
  const { view, positionOf } = await searchEntries(entries, indexes, giveWay);
  const query = parseRichQuery(text);
  let work = 0;
  const keys: string[] = [];
  for (const row of searchDocuments({ query, plan: planQuery(query, indexes), view, spend: (units) => { work += units; } })) {
    if (row !== undefined) keys.push(entries[positionOf(row.id)!]!.key);
  }
  return { keys, work };
}

describe('entries that are searched again', () => {
  it('give the same by index as by scan', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 40 }), fc.integer({ min: 0, max: 9 }), async (sizes, bound) => {
        const entries = entriesOf(sizes);
        const text = JSON.stringify({ selector: { size: { $gte: bound } }, sort: [{ size: 'desc' }] });
        const [scanned, indexed, again] = [await find(entries, text, SIZE), await find(entries, text, SIZE), await find(entries, text, SIZE)];
        expect(indexed.keys).toEqual(scanned.keys);
        expect(again).toEqual(indexed);
      }),
    );
  });

  it('cost what is found, not what there is', async () => {
    const entries = entriesOf(Array.from({ length: 1_000 }, (_, index) => index));
    const text = '{"selector":{"size":{"$gt":996}}}';
    expect((await find(entries, text, SIZE)).work).toBeLessThan(10_000);
    const { keys, work } = await find(entries, text, SIZE);
    expect(keys).toEqual(['k997', 'k998', 'k999']);
    expect(work).toBeLessThan(20);
  });

  it('are scanned by others while they are indexed, and after a search that was given up', async () => {
    const entries = entriesOf(Array.from({ length: 300 }, (_, index) => index));
    const text = '{"selector":{"size":{"$gt":296}}}';
    const keys = ['k297', 'k298', 'k299'];
    await find(entries, text, SIZE);
    await expect(find(entries, text, SIZE, () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    let go: () => void = () => undefined;
    const slow = find(entries, text, SIZE, () => new Promise((resolve) => { go = resolve; }));
    expect((await find(entries, text, SIZE)).keys).toEqual(keys);
    const timer = setInterval(() => { go(); }, 1);
    expect((await slow).keys).toEqual(keys);
    clearInterval(timer);
  });

  it('have the indexes that are asked for', async () => {
    const entries = entriesOf([3, 1, 2]);
    for (let time = 0; time < 2; time += 1) expect((await find(entries, '{"selector":{"size":{"$gt":1}}}', NONE)).keys).toEqual(['k0', 'k2']);
    expect((await find(entries, '{"selector":{"size":{"$gt":1}},"sort":["size"]}', SIZE)).keys).toEqual(['k2', 'k0']);
  });
});
