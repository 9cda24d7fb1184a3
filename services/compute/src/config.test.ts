import { describe, expect, it } from 'vitest';
import { computeConfig } from './config.js';

const given = {
  network: 'n',
  channel: 'c',
  tls: 'off',
  nodeId: 'compute-1',
  signedProfile: 'p',
  keyBroker: '127.0.0.1:1',
  followers: [{ mspId: 'A', address: '127.0.0.1:2' }],
  businessNodes: [{ mspId: 'A', address: '127.0.0.1:2' }],
  packageStore: 's',
  runDirectory: 'r',
  tee: { kind: 'simulated', platformKeyFile: 'k', platformCertificateFile: 'c' },
  operator: { mspId: 'A', certificateFile: 'c', privateKeyFile: 'k' },
};

describe('the configuration', () => {
  it('has defaults for what may be left out', () => {
    const config = computeConfig.parse(given);
    expect(config.listen).toBe('127.0.0.1:0');
    expect(config.limits).toEqual({ maxRunning: 64, maxQueued: 256, maxBatches: 4, chaincodeMs: 20_000, freshnessMs: 300_000, maxLagBlocks: 16, maxViewAgeMs: 10_000, keptSetBytes: 268_435_456, keptPointBytes: 67_108_864, maxMemoryAgeMs: 2_500, drainMs: 10_000 });
  });

  it('refuses unknown settings and missing ones', () => {
    expect(computeConfig.safeParse({ ...given, limit: {} }).success).toBe(false);
    expect(computeConfig.safeParse({ ...given, limits: { maxRunning: 0 } }).success).toBe(false);
    expect(computeConfig.safeParse({ ...given, keyBroker: undefined }).success).toBe(false);
  });
});
