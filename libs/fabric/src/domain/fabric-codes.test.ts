import { describe, expect, it } from 'vitest';
import { ValidationCode } from '@selvedge/protocol';
import { fabricCodeName } from './fabric-codes.js';

describe('fabricCodeName', () => {
  it('agrees with the protocol’s own codes, and knows Fabric’s others', () => {
    for (const [name, code] of Object.entries(ValidationCode)) if (typeof code === 'number') expect(fabricCodeName(code)).toBe(name);
    expect([22, 25, 254, 77].map(fabricCodeName)).toEqual(['BAD_RWSET', 'INVALID_CHAINCODE', 'NOT_VALIDATED', 'code 77']);
  });
});
