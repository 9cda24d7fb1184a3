import { describe, expect, it } from 'vitest';
import { placeOfBundle } from './installed-bundles.js';

describe('the bundles of an installation', () => {
  it('are looked for in the published packages by name, and nowhere else', () => {
    // The repository has no such packages, whatever it has beside.
    expect(placeOfBundle('compute', 'main')).toEqual({ file: undefined, expected: '@selvedge/services/compute', remedy: 'install @selvedge/services' });
    expect(placeOfBundle('key-broker', 'production')).toMatchObject({ expected: '@selvedge/services/key-broker.production' });
    expect(placeOfBundle('policy-chaincode', 'main')).toMatchObject({ expected: '@selvedge/chaincodes/policy-chaincode' });
  });
});
