import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChannelConfig } from '@selvedge/fabric-network';
import { describe, expect, it } from 'vitest';
import { durationMs, parsePeerSettings } from './peer-settings.js';
import { checkSettings } from './preflight.js';
import { testDeployment } from './testdata/deployments.js';

const CORE = `
peer:
  gossip:
    reconnectInterval: 25s
    pvtData:
      pullRetryThreshold: 60s
      transientstoreMaxBlockRetention: 1000
      skipPullingInvalidTransactionsDuringCommit: false
`;

describe('parsePeerSettings', () => {
  it('reads what matters out of core.yaml', () => {
    expect(parsePeerSettings(CORE, 'core.yaml')).toEqual({ pullRetryThresholdMs: 60_000, transientBlockRetention: 1000, skipPullingInvalidTransactions: false, reconnectIntervalMs: 25_000 });
  });

  it('leaves out what is not there or not known', () => {
    expect(parsePeerSettings('peer: {gossip: {pvtData: {pullRetryThreshold: soon}}}', 'core.yaml')).toEqual({});
    expect(parsePeerSettings('', 'core.yaml')).toEqual({});
  });

  it.each([['1s', 1_000], ['1m30s', 90_000], ['500ms', 500], ['0.5h', 1_800_000], ['1', undefined], [1, undefined], ['s', undefined]])('reads the duration %s', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  it('refuses what is not YAML', () => {
    expect(() => parsePeerSettings('a: [', 'core.yaml')).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
  });
});

describe('checkSettings', () => {
  const organisation = (mspId: string) => ({ mspId, rootCertificatesPem: [], intermediateCertificatesPem: [], revocationListsPem: [], tlsRootCertificatesPem: [], endpoints: [], hasNodeUnits: true });
  const config: ChannelConfig = { sequence: 0n, organisations: ['AuroraMSP', 'BothMSP', 'CelestaMSP', 'NorthMSP'].map(organisation), orderers: [], maxMessageCount: 500, absoluteMaxBytes: 10_485_760, applicationCapabilities: ['V2_5'] };
  const codes = async (change: Partial<ChannelConfig>, deployment = testDeployment()): Promise<string[]> => (await checkSettings(deployment, { ...config, ...change })).map(({ code }) => code);

  it('has nothing to say of a channel that fits', async () => {
    expect(await codes({})).toEqual([]);
  });

  it('warns of blocks that would not fit', async () => {
    expect(await codes({ maxMessageCount: 5_000 })).toEqual(['BLOCK_ABOVE_GRPC_LIMIT']);
    expect(await codes({ absoluteMaxBytes: 98_304 })).toEqual(['TRANSACTION_ABOVE_BLOCK_LIMIT']);
  });

  it('warns when the organisations that take part are no majority', async () => {
    expect(await codes({ organisations: [...config.organisations, ...['E', 'F', 'G', 'H'].map((letter) => organisation(`${letter}MSP`))] })).toEqual(['POLICY_CANNOT_CHANGE']);
  });

  it('refuses a channel whose collections have no endorsement policies', async () => {
    await expect(codes({ applicationCapabilities: ['V1_4_2'] })).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('V2_5') as string });
  });

  it('warns of settings in the peers’ own configuration, and names the peer', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'selvedge-core-'));
    try {
      const peerConfig = join(folder, 'core.yaml');
      await writeFile(peerConfig, CORE);
      const deployment = testDeployment();
      const organisations = deployment.organisations.map((each) => (each.mspId === 'AuroraMSP' ? { ...each, own: { ...each.own!, peerConfig } } : each));
      const warnings = await checkSettings({ ...deployment, organisations }, config);
      expect(warnings.map(({ code }) => code)).toEqual(['COMMIT_MAY_STALL', 'COMMIT_MAY_STALL', 'DISCOVERY_IS_SLOW']);
      expect(warnings.every(({ message }) => message.startsWith('peer of AuroraMSP: '))).toBe(true);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
