import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { readTrustAnchor } from '@selvedge/service-kit/network';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policyChaincodeConfig, type PolicyChaincodeConfig } from './config.js';

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
});
