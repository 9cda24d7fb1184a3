import type { ChannelConfig, ChannelOrganisation } from '@selvedge/fabric-network';
import { describe, expect, it } from 'vitest';
import { planDeployment, publicDeployment, type InitInput } from './init-plan.js';

const organisation = (mspId: string, endpoints: string[]): ChannelOrganisation => ({ mspId, rootCertificatesPem: [], intermediateCertificatesPem: [], revocationListsPem: [], tlsRootCertificatesPem: [], endpoints, hasNodeUnits: true });
const channelConfig: ChannelConfig = {
  sequence: 3n,
  organisations: [organisation('Org1MSP', ['peer.org1:7051']), organisation('Org2MSP', ['peer.org2:9051']), organisation('Org3MSP', [])],
  orderers: [organisation('OrdererMSP', ['orderer:7050'])],
  maxMessageCount: 10,
  absoluteMaxBytes: 10,
  applicationCapabilities: ['V2_5'],
};
const twoOfThem = { ...channelConfig, organisations: channelConfig.organisations.slice(0, 2) };
const own = { admin: 'admin', peer: 'peer', client: 'client' };
const plan = (change: Partial<InitInput> = {}) =>
  planDeployment({ network: 'acme', channel: 'trade', channelConfig: twoOfThem, own: new Map([['Org1MSP', own]]), peers: new Map([['Org1MSP', [{ address: 'localhost:7051', tlsRoots: 'own.pem' }]]]), orderer: undefined, tlsRootsOf: (mspId) => `tls/${mspId}.pem`, business: ['Org1MSP', 'Org2MSP'], endorsers: ['Org1MSP', 'Org2MSP'], firstPort: 17000, ...change });

describe('planDeployment', () => {
  it('fills the file in from the channel', () => {
    const { organisations, orderer, keyBroker, computeNodes, adminQuorum, viewQuorum, endorsementPolicy } = plan();
    expect(organisations).toEqual([
      { mspId: 'Org1MSP', roles: ['business', 'endorser'], peers: [{ address: 'localhost:7051', tlsRoots: 'own.pem' }], services: { host: 'localhost', firstPort: 17000 }, own },
      { mspId: 'Org2MSP', roles: ['business', 'endorser'], peers: [{ address: 'peer.org2:9051', tlsRoots: 'tls/Org2MSP.pem' }], services: { host: 'peer.org2', firstPort: 17020 } },
    ]);
    expect(orderer).toEqual({ address: 'orderer:7050', tlsRoots: 'tls/OrdererMSP.pem' });
    expect(keyBroker).toEqual({ mspId: 'Org1MSP', address: 'localhost:17019' });
    expect(computeNodes).toEqual([{ nodeId: 'compute-1', mspId: 'Org1MSP', address: 'localhost:17018' }]);
    expect({ adminQuorum, viewQuorum, endorsementPolicy }).toEqual({ adminQuorum: 2, viewQuorum: 2, endorsementPolicy: "OutOf(2, 'Org1MSP.peer', 'Org2MSP.peer')" });
  });

  it('lets nobody take part who is neither operated here nor named', () => {
    expect(plan({ business: [], endorsers: [] }).organisations.map(({ mspId, roles }) => [mspId, ...roles])).toEqual([['Org1MSP', 'business', 'endorser']]);
  });

  it('prefers what connection profiles say', () => {
    expect(plan({ orderer: { address: 'localhost:7050', tlsRoots: 'profile.pem' } }).orderer.address).toBe('localhost:7050');
  });

  it('takes the others for the role that is not named', () => {
    const roles = (change: Partial<InitInput>): unknown => plan(change).organisations.map(({ mspId, roles: own }) => [mspId, ...own]);
    expect(roles({ business: [], endorsers: ['Org2MSP'] })).toEqual([['Org1MSP', 'business'], ['Org2MSP', 'endorser']]);
    expect(roles({ business: ['Org2MSP'], endorsers: [] })).toEqual([['Org1MSP', 'endorser'], ['Org2MSP', 'business']]);
    const peers = new Map(['Org1MSP', 'Org3MSP'].map((mspId) => [mspId, [{ address: 'localhost:1', tlsRoots: 'x' }]]));
    expect(roles({ channelConfig, peers, business: ['Org1MSP'], endorsers: ['Org2MSP', 'Org1MSP'] })).toEqual([['Org1MSP', 'business', 'endorser'], ['Org2MSP', 'endorser']]);
  });

  it.each<[string, Partial<InitInput>, string]>([
    ['an organisation that the channel does not have', { endorsers: ['XMSP'] }, 'XMSP is not on channel trade; there are Org1MSP, Org2MSP'],
    ['a peer that nobody names', { channelConfig, business: ['Org3MSP'] }, 'no peer of Org3MSP is known'],
    ['an orderer that nobody names', { channelConfig: { ...twoOfThem, orderers: [] } }, 'names an orderer'],
    ['nobody to operate', { own: new Map() }, '--msp names one'],
  ])('misses %s', (_what, change, message) => {
    expect(() => plan(change)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining(message) as string }));
  });

  it('takes over what another operator’s deployment says, and nothing of that machine', () => {
    const theirs = plan({ business: [], endorsers: ['Org2MSP'], firstPort: 18000 });
    const shared = publicDeployment({ ...theirs, contracts: [{ name: 'diamonds', directory: '/home/them/diamonds' }] });
    expect(JSON.stringify(shared)).not.toMatch(/"own":|home/);
    const ours = plan({ like: shared, own: new Map([['Org2MSP', own]]), peers: new Map([['Org2MSP', [{ address: 'localhost:9051', tlsRoots: 'org2.pem' }]]]) });
    expect(ours.organisations.map(({ mspId, roles, peers, services, own: files }) => [mspId, roles, peers, services.firstPort, files !== undefined])).toEqual([
      ['Org1MSP', ['business'], [{ address: 'localhost:7051', tlsRoots: 'tls/Org1MSP.pem' }], 18000, false],
      ['Org2MSP', ['endorser'], [{ address: 'localhost:9051', tlsRoots: 'org2.pem' }], 18020, true],
    ]);
    expect({ ...ours.keyBroker, quorum: ours.adminQuorum, contracts: ours.contracts }).toEqual({ ...theirs.keyBroker, quorum: theirs.adminQuorum, contracts: shared.contracts });
    expect(() => plan({ like: shared, channel: 'other' })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
    expect(() => plan({ like: { ...shared, organisations: shared.organisations.slice(1) } })).toThrow(expect.objectContaining({ message: expect.stringContaining('has no organisation Org1MSP') as string }));
  });
});
