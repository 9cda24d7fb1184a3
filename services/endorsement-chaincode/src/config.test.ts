import { POLICY_CHAINCODE } from '@selvedge/fabric';
import { describe, expect, it } from 'vitest';
import { endorsementChaincodeConfig } from './config.js';

const given = { network: 'n', channel: 'c', contract: 'diamonds', packageId: 'diamonds:01', tls: 'off' };
const isTaken = (change: Readonly<Record<string, unknown>>): boolean => endorsementChaincodeConfig.safeParse({ ...given, ...change }).success;

describe('configuration of the endorsement chaincode', () => {
  it('needs little', () => {
    expect(endorsementChaincodeConfig.parse(given)).toEqual({ ...given, listen: '127.0.0.1:0', policyChaincode: POLICY_CHAINCODE });
  });

  it('refuses what it does not know, and names that Fabric would read as something else', () => {
    expect(isTaken({ contrakt: 'x' })).toBe(false);
    for (const name of ['', 'a/b', 'a b', '-a', 'a--b', 'a:1']) {
      expect(isTaken({ contract: name })).toBe(false);
      expect(isTaken({ policyChaincode: name })).toBe(false);
    }
  });

  it('asks for TLS, or for plaintext by name', () => {
    expect(isTaken({ tls: undefined })).toBe(false);
    expect(isTaken({ tls: { certificate: 'a', privateKey: 'b', trustedRoots: 'c' } })).toBe(true);
  });
});
