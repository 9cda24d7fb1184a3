import { describe, expect, it } from 'vitest';
import { fabricLayoutOf } from './folder-layout.js';
import { ownOrganisations } from './folder.js';
import { serviceConfig } from './service-configs.js';
import { businessNodesOf, followersOf, nodesInTees, planServices } from './services.js';
import { testDeployment } from './testdata/deployments.js';

const deployment = testDeployment();
const layout = fabricLayoutOf('/net');

describe('planServices', () => {
  it('plans the processes of the organisations operated here', () => {
    expect(planServices(deployment).map(({ name, service, mspId, address }) => `${name} ${service} ${mspId} ${address}`)).toEqual([
      'policy-chaincode-aurora policy-chaincode AuroraMSP 127.0.0.1:17000',
      'policy-chaincode-north policy-chaincode NorthMSP 127.0.0.1:17020',
      'policy-chaincode-both policy-chaincode BothMSP 127.0.0.1:17040',
      'business-aurora business AuroraMSP 127.0.0.1:17001',
      'endorser-north endorser NorthMSP 127.0.0.1:17021',
      'business-both business BothMSP 127.0.0.1:17041',
      'endorsement-diamonds-north endorsement-chaincode NorthMSP 127.0.0.1:17022',
      'endorsement-diamonds-both endorsement-chaincode BothMSP 127.0.0.1:17042',
      'key-broker key-broker NorthMSP 127.0.0.1:17039',
      'compute-1 compute NorthMSP 127.0.0.1:17038',
    ]);
  });

  it('knows the nodes of every organisation', () => {
    expect(followersOf(deployment)).toHaveLength(4);
    expect(businessNodesOf(deployment).map(({ mspId, address }) => `${mspId} ${address}`)).toEqual(['AuroraMSP 127.0.0.1:17001', 'BothMSP 127.0.0.1:17041', 'CelestaMSP 127.0.0.1:17061']);
  });

  it('binds to another address than the one that others dial', () => {
    const [first, ...rest] = deployment.organisations;
    const bound = { ...deployment, organisations: [{ ...first!, services: { ...first!.services, bind: '0.0.0.0' } }, ...rest] };
    expect(planServices(bound)[0]).toMatchObject({ address: '127.0.0.1:17000', listen: '0.0.0.0:17000' });
  });
});

describe('viewers', () => {
  const viewers = [{ nodeId: 'viewer-aurora', mspId: 'AuroraMSP', address: '127.0.0.1:17017' }, { nodeId: 'viewer-celesta', mspId: 'CelestaMSP', address: '127.0.0.1:17077' }];
  const withViewers = testDeployment({ viewers });

  it('run where their organisation is operated, after all others', () => {
    expect(planServices(withViewers).slice(-1)).toEqual([{ name: 'viewer-aurora', service: 'viewer', mspId: 'AuroraMSP', address: '127.0.0.1:17017', listen: '127.0.0.1:17017' }]);
    expect(planServices(withViewers)).toHaveLength(planServices(deployment).length + 1);
    expect(nodesInTees(withViewers).map(({ name }) => name)).toEqual(['compute-1', 'compute-2', 'viewer-aurora', 'viewer-celesta']);
  });

  it('are told of every follower, of the key broker, and of their own organisation’s business node alone', () => {
    const service = planServices(withViewers).find(({ name }) => name === 'viewer-aurora')!;
    const organisation = ownOrganisations(withViewers).find(({ mspId }) => mspId === 'AuroraMSP')!;
    const config = serviceConfig(layout, withViewers, service, { organisation, tls: { certificate: 'cert', privateKey: 'key' }, identity: { certificateFile: 'peer-cert', privateKeyFile: 'peer-key' } });
    expect(viewerConfigKeys(config)).toEqual(['businessNodes', 'channel', 'followers', 'keyBroker', 'keyBrokerReplicas', 'listen', 'network', 'nodeId', 'operator', 'signedProfile', 'storeDirectory', 'tee', 'tls']);
    expect(config).toMatchObject({
      nodeId: 'viewer-aurora', keyBroker: '127.0.0.1:17039', businessNodes: [{ mspId: 'AuroraMSP', address: '127.0.0.1:17001' }], followers: followersOf(withViewers),
      storeDirectory: '/net/services/viewer-aurora/data', signedProfile: '/net/shared/profile.bin', operator: { mspId: 'AuroraMSP', certificateFile: 'peer-cert' },
    });
  });
});

const viewerConfigKeys = (config: Record<string, unknown>): string[] => Object.keys(config).sort();

describe('serviceConfig', () => {
  const configOf = (name: string, of = deployment): Record<string, unknown> => {
    const service = planServices(of).find((planned) => planned.name === name)!;
    const organisation = ownOrganisations(deployment).find(({ mspId }) => mspId === service.mspId)!;
    const material = { organisation, tls: { certificate: 'cert', privateKey: 'key' }, identity: { certificateFile: 'peer-cert', privateKeyFile: 'peer-key' }, packageId: 'label:hash' };
    return serviceConfig(layout, of, service, material);
  };

  it('tells replicas of the key broker of each other, lets all but the first join, and tells compute nodes of all', () => {
    const replicated = { ...deployment, keyBrokerReplicas: [{ mspId: 'AuroraMSP', address: '127.0.0.1:17019' }] };
    expect(configOf('key-broker')).not.toHaveProperty('replication');
    expect(configOf('key-broker', replicated)).toMatchObject({ replication: { replicas: ['127.0.0.1:17019'], joins: false, operator: { mspId: 'NorthMSP', certificateFile: 'peer-cert' } } });
    expect(configOf('key-broker-2', replicated)).toMatchObject({ listen: '127.0.0.1:17019', replication: { replicas: ['127.0.0.1:17039'], joins: true, operator: { mspId: 'AuroraMSP' } } });
    expect(configOf('compute-1', replicated)).toMatchObject({ keyBroker: '127.0.0.1:17039', keyBrokerReplicas: ['127.0.0.1:17019'] });
  });

  it('gives a business node, and no other process, the database of its organisation’s plaintext datasets', () => {
    const plaintextStore = { kind: 'postgresql', url: 'postgresql://selvedge@localhost/books', passwordFile: '/keys/database' } as const;
    const configs = planServices(deployment).map((service) => {
      const found = ownOrganisations(deployment).find(({ mspId }) => mspId === service.mspId)!;
      const organisation = { ...found, own: { ...found.own, plaintextStore } };
      const material = { organisation, tls: { certificate: 'cert', privateKey: 'key' }, identity: { certificateFile: 'peer-cert', privateKeyFile: 'peer-key' }, packageId: 'label:hash' };
      return { service: service.service, config: serviceConfig(layout, deployment, service, material) };
    });
    for (const { service, config } of configs) expect(config.plaintext).toEqual(service === 'business' ? { store: plaintextStore } : undefined);
    expect(configs.some(({ service }) => service === 'business')).toBe(true);
    expect(configOf('compute-1')).not.toHaveProperty('plaintext');
  });

  it('lets chaincode servers trust their own organisation alone', () => {
    expect(configOf('endorsement-diamonds-north')).toEqual({
      listen: '127.0.0.1:17022', network: 'acme', channel: 'trade', contract: 'diamonds', packageId: 'label:hash', policyChaincode: 'selvedge-policy',
      tls: { certificate: 'cert', privateKey: 'key', trustedRoots: '/net/shared/tls/NorthMSP.pem' },
    });
    expect(configOf('policy-chaincode-aurora')).toMatchObject({ signedProfile: '/net/shared/anchor.bin', tls: { trustedRoots: '/net/shared/tls/AuroraMSP.pem' } });
  });

  it('pins nodes to the first profile and lets them follow their own peer', () => {
    expect(configOf('business-aurora')).toMatchObject({
      mspId: 'AuroraMSP', signedProfile: '/net/shared/anchor.bin', currentProfile: '/net/shared/profile.bin', identity: { certificate: 'peer-cert', privateKey: 'peer-key' },
      ledger: { kind: 'fabric', peer: { endpoint: '127.0.0.1:17090', tlsRootCertificate: 'tls/AuroraMSP.pem' } }, tls: { trustedRoots: '/net/trusted-roots.pem' },
    });
  });

  it('tells the key broker of nothing that unlocks its store', () => {
    const config = configOf('key-broker');
    expect(config).toMatchObject({ storeDirectory: '/net/services/key-broker/data', signedProfile: '/net/shared/profile.bin' });
    expect(JSON.stringify(config)).not.toContain('unlock');
    expect(layout.unlockKeyFile('NorthMSP')).toBe('/net/private/unlock/NorthMSP.json');
  });

  it('tells compute nodes of every follower and business node', () => {
    expect(configOf('compute-1')).toMatchObject({ nodeId: 'compute-1', keyBroker: '127.0.0.1:17039', businessNodes: businessNodesOf(deployment), followers: followersOf(deployment), operator: { mspId: 'NorthMSP' } });
  });
});
