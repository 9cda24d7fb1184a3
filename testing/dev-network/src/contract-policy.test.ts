import type { CollectionConfig, ContractManifest } from '@selvedge/contract-package';
import { ContractPolicySchema, encodeMessage } from '@selvedge/protocol';
import { parseContractPolicy } from '@selvedge/policy';
import { describe, expect, it } from 'vitest';
import { planContractPolicy } from './contract-policy.js';
import type { DeployOptions } from './deploy-options.js';
import { settingsOf, verifyOptions } from './options.js';

const collection = (name: string, members: string[], change: Partial<CollectionConfig> = {}): CollectionConfig => ({
  name, members, memberOnlyRead: true, memberOnlyWrite: false, blockToLive: 0n, endorsementPolicy: undefined, ...change,
});
const manifest = (change: Partial<ContractManifest> = {}): ContractManifest => ({
  name: 'diamonds', version: '1.2.3', start: { command: 'node', args: [] } as unknown as ContractManifest['start'], collections: [], settings: {}, ...change,
});
const plan = (given: ContractManifest, options: DeployOptions = {}, previous?: ReturnType<typeof planContractPolicy>) =>
  planContractPolicy({ manifest: given, codeHash: new Uint8Array(32).fill(7), settings: settingsOf({}), options, previous });

describe('planContractPolicy', () => {
  it('gives the world state to the first business organisation when nobody says otherwise', () => {
    const policy = plan(manifest());
    expect(policy.ownerSets.map(({ name, owners }) => [name, owners])).toEqual([['world-state', ['AuroraMSP']]]);
    expect(policy.endorsementPolicy).toBe("OutOf(2, 'NorthMSP.peer', 'SouthMSP.peer', 'EastMSP.peer')");
    expect(policy).toMatchObject({ name: 'diamonds', version: '1.2.3', policyVersion: 1n, computeQuorum: 1 });
  });

  it('gives collections to their members, and one owner set to those with the same members and policy', () => {
    const collections = [collection('a', ['AuroraMSP', 'BorealisMSP']), collection('b', ['AuroraMSP', 'BorealisMSP']), collection('c', ['AuroraMSP', 'BorealisMSP'], { endorsementPolicy: "OR('NorthMSP.peer')" })];
    const policy = plan(manifest({ collections, settings: { worldState: { owners: ['CelestaMSP', 'BorealisMSP'] } } }));
    expect(policy.datasets.map(({ name, ownerSet }) => [name, ownerSet])).toEqual([['', 'world-state'], ['a', 'a'], ['b', 'a'], ['c', 'c']]);
    expect(policy.ownerSets[0]?.owners).toEqual(['BorealisMSP', 'CelestaMSP']);
    expect(policy.datasets[1]).toMatchObject({ memberOnlyRead: true, members: ['AuroraMSP', 'BorealisMSP'] });
  });

  it('makes a policy that the ledger accepts', () => {
    const policy = plan(manifest({ collections: [collection('a', ['AuroraMSP'])], settings: { gatedFunctions: ['Draw'], organisationMap: { Org1MSP: 'NorthMSP' }, eventReaders: ['AuroraMSP'] } }));
    expect(() => parseContractPolicy(encodeMessage(ContractPolicySchema, policy))).not.toThrow();
  });

  it('counts the policy’s version up and keeps the suite when a contract is deployed again', () => {
    const first = plan(manifest(), { suite: 'X25519-ED25519-AES256GCM-SHA256' });
    expect(plan(manifest(), {}, first)).toMatchObject({ policyVersion: 2n, suite: 'X25519-ED25519-AES256GCM-SHA256' });
  });

  it('refuses owners without a business node, by name', () => {
    expect(() => plan(manifest({ settings: { worldState: { owners: ['Org1MSP'] } } }))).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }));
    expect(() => plan(manifest({ collections: [collection('a', ['Org1MSP', 'Org2MSP'])] }))).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID', message: expect.stringContaining('collection a') as string }));
  });
});

describe('verifyOptions', () => {
  it.each([{ businessOrganisations: ['../up'] }, { endorserOrganisations: [] }, { businessOrganisations: ['AMSP', 'AMSP'] }, { ordererOrganisation: '' }])('refuses %j', (wrong) => {
    expect(() => { verifyOptions({ directory: 'x', ...wrong }); }).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
  });

  it('fills in majorities', () => {
    expect(settingsOf({})).toMatchObject({ adminQuorum: 4, viewQuorum: 3, network: 'dev', channel: 'main' });
    expect(settingsOf({ businessOrganisations: ['AMSP'], endorserOrganisations: ['AMSP'] })).toMatchObject({ adminQuorum: 2, viewQuorum: 1, endorsementPolicy: "OutOf(1, 'AMSP.peer')" });
  });
});
