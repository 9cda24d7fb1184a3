import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTestConsortium, refusalCode, type TestConsortium } from '@selvedge/fixtures';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policyChaincodeConfig, readTrustAnchor, type PolicyChaincodeConfig } from './config.js';

let consortium: TestConsortium;
let directory: string;
let config: PolicyChaincodeConfig;
beforeAll(async () => {
  consortium = await createTestConsortium();
  directory = mkdtempSync(path.join(tmpdir(), 'selvedge-config-'));
  const signedProfile = path.join(directory, 'profile.bin');
  writeFileSync(signedProfile, consortium.signedProfile);
  config = policyChaincodeConfig.parse({ network: consortium.network, channel: consortium.channel, packageId: 'policy:01', signedProfile, tls: 'off' });
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe('configuration of the policy chaincode', () => {
  it('gives the trust anchor', () => {
    expect(readTrustAnchor(config).digest).toEqual(consortium.profile.digest);
    expect(config.listen).toBe('127.0.0.1:0');
  });

  it('refuses settings that it does not know', () => {
    expect(policyChaincodeConfig.safeParse({ ...config, contract: 'x' }).success).toBe(false);
    expect(policyChaincodeConfig.safeParse({ ...config, tls: undefined }).success).toBe(false);
  });

  it.each<[string, Partial<PolicyChaincodeConfig>, string]>([
    ['of another network', { network: 'elsewhere' }, 'WRONG_NETWORK'],
    ['of another channel', { channel: 'elsewhere' }, 'WRONG_CHANNEL'],
    ['that is not there', { signedProfile: '/nowhere/profile.bin' }, 'INVALID_CONFIGURATION'],
  ])('refuses a profile %s', (_name, change, code) => {
    expect(refusalCode(() => readTrustAnchor({ ...config, ...change }))).toBe(code);
  });
});
