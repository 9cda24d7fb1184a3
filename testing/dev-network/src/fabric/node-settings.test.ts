import { checkChannelSettings } from '@selvedge/fabric';
import { describe, expect, it } from 'vitest';
import { layoutOf } from '../layout.js';
import { ordererSettings, peerSettings } from './node-settings.js';
import type { FabricPlan } from './fabric-plan.js';

const PEER = { name: 'peer-a', mspId: 'AMSP', port: 8001, chaincodePort: 8002, operationsPort: 8003 };
const PLAN: FabricPlan = {
  channel: 'main', batchTimeoutMs: 200, maxMessageCount: 500, keepers: 'endorsers', chaincodes: [], peers: [PEER],
  orderer: { name: 'orderer', mspId: 'OrdererMSP', port: 7050, adminPort: 7051, operationsPort: 7052 },
};
const INPUT = { plan: PLAN, layout: layoutOf('/network'), mspDirectory: '/network/msp', dataDirectory: '/network/data' };

/** Every text value below a key that ends with one of these words. */
function textsBelow(value: unknown, key: RegExp, path = ''): string[] {
  if (typeof value === 'string') return key.test(path) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => textsBelow(inner, key, `${path}.${name}`));
}

describe('settings of Fabric’s programs', () => {
  it('listen on this machine alone, and start no container', () => {
    const peer = peerSettings(PEER, INPUT);
    const addresses = textsBelow([peer, ordererSettings(INPUT)], /(address|endpoint|bootstrap)(\.\d+)?$/i).filter((address) => address !== '');
    expect(addresses.length).toBeGreaterThanOrEqual(9);
    expect(addresses.filter((address) => !address.startsWith('127.0.0.1'))).toEqual([]);
    expect(peer).toMatchObject({ vm: { endpoint: '' } });
  });

  it('keep their data in their own folder', () => {
    const folders = textsBelow([peerSettings(PEER, INPUT), ordererSettings(INPUT)], /(fileSystemPath|rootDir|Location|WALDir|SnapDir)$/);
    expect(folders).toHaveLength(5);
    expect(folders.filter((folder) => !folder.startsWith('/network/data'))).toEqual([]);
  });

  it('ask every caller for a certificate', () => {
    expect(peerSettings(PEER, INPUT)).toMatchObject({ peer: { tls: { enabled: true, clientAuthRequired: true } } });
    expect(ordererSettings(INPUT)).toMatchObject({ General: { TLS: { Enabled: true, ClientAuthRequired: true } }, Admin: { TLS: { Enabled: true, ClientAuthRequired: true } } });
  });

  it('let the orderer’s own organisation alone administer it', () => {
    expect(ordererSettings(INPUT)).toMatchObject({ Admin: { TLS: { ClientRootCAs: ['/network/fabric/organisations/OrdererMSP/msp/tlscacerts/ca.pem'] } } });
  });

  it('carry none of the risks that a deployment warns of', () => {
    const { gossip } = (peerSettings(PEER, INPUT) as { peer: { gossip: { reconnectInterval: string; pvtData: { pullRetryThreshold: string; skipPullingInvalidTransactionsDuringCommit: boolean; transientstoreMaxBlockRetention: number } } } }).peer;
    const ms = (duration: string): number => Number(/^(\d+)s$/.exec(duration)?.[1]) * 1_000;
    expect(checkChannelSettings({
      reconnectIntervalMs: ms(gossip.reconnectInterval),
      pullRetryThresholdMs: ms(gossip.pvtData.pullRetryThreshold),
      skipPullingInvalidTransactions: gossip.pvtData.skipPullingInvalidTransactionsDuringCommit,
      transientBlockRetention: gossip.pvtData.transientstoreMaxBlockRetention,
    })).toEqual([]);
  });
});
