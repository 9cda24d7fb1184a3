import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeployWarning } from '@selvedge/fabric';
import type { ChannelConfig } from '@selvedge/fabric-network';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment, OwnOrganisation } from './deployment.js';
import { checkSettings } from './preflight.js';
import { testDeployment } from './testdata/deployments.js';

const SOUND = 'peer: {gossip: {reconnectInterval: 1s, pvtData: {pullRetryThreshold: 1s, reconciliationEnabled: true, skipPullingInvalidTransactionsDuringCommit: true}}}\nledger: {pvtdataStore: {deprioritizedDataReconcilerInterval: 1m}}';
/** What Fabric's releases bring along. */
const STOCK = 'peer: {gossip: {reconnectInterval: 25s, pvtData: {pullRetryThreshold: 60s, reconciliationEnabled: true, transientstoreMaxBlockRetention: 20000, skipPullingInvalidTransactionsDuringCommit: false}}}\nledger: {pvtdataStore: {deprioritizedDataReconcilerInterval: 60m}}';

const organisation = (mspId: string) => ({ mspId, rootCertificatesPem: [], intermediateCertificatesPem: [], revocationListsPem: [], tlsRootCertificatesPem: [], endpoints: [], hasNodeUnits: true });
const config: ChannelConfig = { sequence: 0n, organisations: ['AuroraMSP', 'BothMSP', 'CelestaMSP', 'NorthMSP'].map(organisation), orderers: [], maxMessageCount: 500, absoluteMaxBytes: 10_485_760, applicationCapabilities: ['V2_5'] };

describe('checkSettings', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'selvedge-core-'));
    await writeFile(at('sound.yaml'), SOUND);
    await writeFile(at('stock.yaml'), STOCK);
    await writeFile(at('peer.env'), 'CORE_PEER_GOSSIP_PVTDATA_PULLRETRYTHRESHOLD=1s\n');
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Every peer's configuration is sound, but for what is changed at Aurora's. */
  const deploymentWith = (aurora: Pick<OwnOrganisation['own'], 'peerConfig' | 'peerEnvironment'>): Deployment => {
    const deployment = testDeployment();
    const files = (mspId: string) => (mspId === 'AuroraMSP' ? aurora : { peerConfig: at('sound.yaml') });
    return { ...deployment, organisations: deployment.organisations.map((each) => (each.own === undefined ? each : { ...each, own: { ...each.own, ...files(each.mspId) } })) };
  };
  const check = (change: Partial<ChannelConfig>, aurora: Pick<OwnOrganisation['own'], 'peerConfig' | 'peerEnvironment'> = { peerConfig: at('sound.yaml') }): Promise<DeployWarning[]> =>
    checkSettings(deploymentWith(aurora), { ...config, ...change });
  const codes = async (...input: Parameters<typeof check>): Promise<string[]> => (await check(...input)).map(({ code }) => code);

  it('has nothing to say of a channel and of peers that fit', async () => {
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

  it('warns of settings in a peer’s own configuration, and names the peer', async () => {
    const warnings = await check({}, { peerConfig: at('stock.yaml') });
    expect(warnings.map(({ code }) => code)).toEqual(['COMMIT_MAY_STALL', 'COMMIT_MAY_STALL', 'PACKETS_MAY_BE_LATE', 'DISCOVERY_IS_SLOW']);
    expect(warnings.every(({ message }) => message.startsWith('peer of AuroraMSP: '))).toBe(true);
  });

  it('sees what the peer’s environment changes', async () => {
    expect(await codes({}, { peerConfig: at('stock.yaml'), peerEnvironment: at('peer.env') })).toEqual(['COMMIT_MAY_STALL', 'PACKETS_MAY_BE_LATE', 'DISCOVERY_IS_SLOW']);
    expect(await codes({}, { peerEnvironment: at('peer.env') })).toEqual([]);
  });

  it('says which peers’ settings it cannot see', async () => {
    const warnings = await check({}, {});
    expect(warnings).toMatchObject([{ code: 'PEER_SETTINGS_UNSEEN', message: expect.stringMatching(/^peer of AuroraMSP: .*own\.peerConfig and own\.peerEnvironment/) as string }]);
  });

  it.each(['peerConfig', 'peerEnvironment'] as const)('names the file of %s that cannot be read', async (setting) => {
    await expect(check({}, { [setting]: at('gone') })).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringMatching(`AuroraMSP.own.${setting}: cannot read .*gone`) as string });
  });
});
