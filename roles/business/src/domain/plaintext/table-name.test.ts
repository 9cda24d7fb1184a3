import { describe, expect, it } from 'vitest';
import { tableNames } from './table-name.js';

const first = (contract: string, dataset: string): string => tableNames(contract, dataset)[0] as string;

describe('names of tables', () => {
  it.each([
    ['secured-trade', 'auroraStones', 'secured_trade__aurora_stones'],
    ['basic', '', 'basic__state'],
    ['2024.auction', 'Bids', '_2024_auction__bids'],
    ['"; DROP TABLE x; --', "it's", 'drop_table_x__it_s'],
    ['合同', '宝石', '合同__宝石'],
    ['', '', '___state'],
    ['__', '--', '___state'],
  ])('are easy to type: %s / %s', (contract, dataset, expected) => {
    expect(first(contract, dataset)).toBe(expected);
  });

  it('have another, by the exact names, for when the first is taken', () => {
    expect(tableNames('a-b', 'c')).toEqual(['a_b__c', expect.stringMatching(/^a_b__c_[0-9a-f]{8}$/)]);
    expect(tableNames('a-b', 'c')[1]).not.toBe(tableNames('a_b', 'c')[1]);
    expect(tableNames('a', 'b__c')[1]).not.toBe(tableNames('a__b', 'c')[1]);
  });

  it.each(['x'.repeat(56), 'x'.repeat(57), 'x'.repeat(300), '石'.repeat(40), `x${'🪨'.repeat(40)}`, 'é'.repeat(60)])('are not cut by PostgreSQL: %s', (dataset) => {
    for (const name of tableNames('deal', dataset)) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
    expect(first('deal', dataset)).not.toBe(first('deal', `${dataset}y`));
  });
});
