import { describe, expect, it } from 'vitest';
import { parseConnectorSettings } from './settings.js';

const minimal = { directory: 'net', mspId: 'AuroraMSP', contract: 'c' };

describe("the connector's settings", () => {
  it('start at the folder of their file', () => {
    expect(parseConnectorSettings({ ...minimal, chaincode: '../cc' }, '/home/ann/caliper')).toEqual({ directory: '/home/ann/caliper/net', mspId: 'AuroraMSP', user: 'User1', contract: 'c', chaincode: '/home/ann/cc', batching: undefined });
  });

  it.each([
    [undefined, /section "selvedge"/],
    [[], /section "selvedge"/],
    [{ ...minimal, directory: '' }, /selvedge.directory/],
    [{ ...minimal, mspId: 1 }, /selvedge.mspId/],
    [{ ...minimal, batching: {} }, /selvedge.batching/],
    [{ ...minimal, contrakt: 'c' }, /selvedge.contrakt is not a setting/],
  ])('name what is wrong with %j', (value, message) => {
    expect(() => parseConnectorSettings(value, '/')).toThrow(message);
  });
});
