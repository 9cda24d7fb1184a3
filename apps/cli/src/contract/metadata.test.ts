import { expect, it } from 'vitest';
import { describeContracts, parseMetadata } from './metadata.js';

it('names contracts and functions, and not the contract API’s own', () => {
  const contracts = parseMetadata(JSON.stringify({ info: {}, contracts: { Assets: { name: 'Assets', transactions: [{ name: 'create', tag: ['submit'] }, { name: 'read' }] }, 'org.hyperledger.fabric': { transactions: [{ name: 'GetMetadata' }] }, Empty: {} } }));
  expect(contracts).toEqual([{ name: 'Assets', functions: ['create', 'read'] }, { name: 'Empty', functions: [] }]);
  expect(describeContracts(contracts ?? [])).toBe('Assets: create, read\nEmpty: ');
});

it.each(['', 'no JSON', '[]', '{"contracts":[]}', '{"contracts":{"a":{"transactions":[{"name":1}]}}}', '{"contracts":null}', ' '.repeat(2_000_000)])('is no metadata: %#', (text) => {
  expect(parseMetadata(text)).toBeUndefined();
});
