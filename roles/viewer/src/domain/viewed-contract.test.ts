import { CHANNEL_EPOCH } from '@selvedge/policy';
import { heldKeysOf, viewOf } from '@selvedge/tee-node/testing';
import { afterEach, expect, it } from 'vitest';
import { certified, net } from '../testdata/setting.js';
import { isComplete } from './viewed-contract.js';

afterEach(() => {
  net.restore();
});

it('a viewer asks again until it has every epoch of what its organisation may open, and certificates of the newest channel epoch', () => {
  const complete = (epochs: readonly bigint[], mspId = 'AuroraMSP') => isComplete(heldKeysOf(net, certified, epochs), viewOf(net), { ...certified.self, operatorMspId: mspId });
  expect(complete([1n])).toBe(true);
  net.setEpoch(net.contract, 2n);
  expect(complete([1n])).toBe(false);
  expect(complete([1n, 2n])).toBe(true);
  expect(complete([], 'NorthMSP')).toBe(true);
  net.setContractPolicy({ keyAccess: [{ role: 'viewer', operatorMspId: 'BorealisMSP' }] });
  expect(complete([])).toBe(true);
  net.setContractPolicy({ keyAccess: [], eventReaders: ['NorthMSP'] });
  expect(complete([], 'NorthMSP')).toBe(false);
  net.setEpoch(CHANNEL_EPOCH, 2n);
  expect(complete([1n, 2n])).toBe(false);
});
