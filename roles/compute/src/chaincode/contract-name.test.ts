import { expect, test } from 'vitest';
import { isSystemChaincode, parseCalledName } from './contract-name.js';

// As core/chaincode's ParseName takes them apart.
test.each([
  ['asset', 'asset', ''],
  ['asset/trade', 'asset', 'trade'],
  ['asset:1.0', 'asset', ''],
  ['asset:1.0/trade', 'asset', 'trade'],
  ['asset/trade/more', 'asset', 'trade/more'],
  ['asset/tr:ade', 'asset', 'tr:ade'],
  ['a:b:c/d', 'a', 'd'],
  ['/trade', '', 'trade'],
  ['', '', ''],
])('%j is contract %j on channel %j', (name, contract, channel) => {
  expect(parseCalledName(name)).toEqual({ contract, channel });
});

test('system chaincodes are known by name', () => {
  expect(['qscc', 'cscc', 'lscc', '_lifecycle', 'diamonds', 'QSCC'].map(isSystemChaincode)).toEqual([true, true, true, true, false, false]);
});
