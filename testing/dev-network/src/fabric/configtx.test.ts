import { describe, expect, it } from 'vitest';
import { CHANNEL_PROFILE, configtxText } from './configtx.js';
import type { FabricPlan } from './fabric-plan.js';

const PLAN: FabricPlan = {
  channel: 'main', batchTimeoutMs: 200, maxMessageCount: 500, keepers: 'endorsers', chaincodes: [],
  orderer: { name: 'orderer', mspId: 'OrdererMSP', port: 7050, adminPort: 7051, operationsPort: 7052 },
  peers: [{ name: 'peer-a', mspId: 'AMSP', port: 8001, chaincodePort: 8002, operationsPort: 8003 }, { name: 'peer-b', mspId: 'BMSP', port: 9001, chaincodePort: 9002, operationsPort: 9003 }],
};

interface Group {
  readonly Organizations: readonly { readonly ID: string; readonly MSPDir: string; readonly Policies: Record<string, { readonly Rule: string }>; readonly AnchorPeers?: unknown; readonly OrdererEndpoints?: unknown }[];
  readonly Policies: Record<string, { readonly Type: string; readonly Rule: string }>;
  readonly Capabilities: unknown;
}
interface Channel extends Pick<Group, 'Policies' | 'Capabilities'> {
  readonly Orderer: Group & { readonly BatchTimeout: string; readonly BatchSize: { readonly MaxMessageCount: number }; readonly EtcdRaft: { readonly Consenters: unknown } };
  readonly Application: Group;
}

const parse = (plan: FabricPlan): Channel => {
  const text = configtxText(plan, { organisationMsp: (mspId) => `/msp/${mspId}`, ordererTlsCertificate: '/tls/orderer.pem' });
  return (JSON.parse(text) as { Profiles: Record<string, Channel> }).Profiles[CHANNEL_PROFILE]!;
};

describe('configtxText', () => {
  it('cuts blocks as it is told to', () => {
    const { Orderer } = parse({ ...PLAN, batchTimeoutMs: 500, maxMessageCount: 7 });
    expect([Orderer.BatchTimeout, Orderer.BatchSize.MaxMessageCount]).toEqual(['500ms', 7]);
  });

  it('names the orderer as the one consenter, with its TLS certificate', () => {
    const { Orderer } = parse(PLAN);
    expect(Orderer.EtcdRaft.Consenters).toEqual([{ Host: '127.0.0.1', Port: 7050, ClientTLSCert: '/tls/orderer.pem', ServerTLSCert: '/tls/orderer.pem' }]);
    expect(Orderer.Organizations).toMatchObject([{ ID: 'OrdererMSP', MSPDir: '/msp/OrdererMSP', OrdererEndpoints: ['127.0.0.1:7050'] }]);
    expect(Orderer.Policies.BlockValidation).toEqual({ Type: 'ImplicitMeta', Rule: 'ANY Writers' });
  });

  it('makes every peer its organisation’s anchor, and lets nobody but peers endorse', () => {
    const { Organizations } = parse(PLAN).Application;
    expect(Organizations.map(({ ID, AnchorPeers }) => [ID, AnchorPeers])).toEqual([['AMSP', [{ Host: '127.0.0.1', Port: 8001 }]], ['BMSP', [{ Host: '127.0.0.1', Port: 9001 }]]]);
    expect(Organizations[0]?.Policies).toMatchObject({ Endorsement: { Rule: "OR('AMSP.peer')" }, Admins: { Rule: "OR('AMSP.admin')" }, Writers: { Rule: "OR('AMSP.admin', 'AMSP.client')" } });
  });

  it('asks a majority of the organisations for endorsement and lifecycle', () => {
    const { Application, Capabilities, Orderer } = parse(PLAN);
    expect(Application.Policies).toMatchObject({ LifecycleEndorsement: { Type: 'ImplicitMeta', Rule: 'MAJORITY Endorsement' }, Endorsement: { Rule: 'MAJORITY Endorsement' }, Admins: { Rule: 'MAJORITY Admins' } });
    expect([Capabilities, Orderer.Capabilities, Application.Capabilities]).toEqual([{ V3_0: true }, { V2_0: true }, { V2_5: true }]);
  });
});
