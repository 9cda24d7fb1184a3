import { parseContractPolicy } from '@selvedge/policy';
import { ContractPolicySchema, DistinctBy, encodeMessage, type ContractPolicy } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import type { CollectionConfig } from './collections.js';
import { planContractPolicy, type ContractOptions } from './contract-policy.js';
import type { ContractManifest } from './manifest.js';

const SETTINGS = { businessOrganisations: ['AuroraMSP', 'BorealisMSP', 'CelestaMSP'], endorserOrganisations: ['NorthMSP', 'SouthMSP', 'EastMSP'], endorsementPolicy: "OutOf(2, 'NorthMSP.peer', 'SouthMSP.peer', 'EastMSP.peer')" };
const collection = (name: string, members: string[], change: Partial<CollectionConfig> = {}): CollectionConfig => ({
  name, members, memberOnlyRead: true, memberOnlyWrite: false, blockToLive: 0n, endorsementPolicy: undefined, ...change,
});
const manifest = (change: Partial<ContractManifest> = {}): ContractManifest => ({
  name: 'diamonds', version: '1.2.3', start: { command: 'node', args: [] } as unknown as ContractManifest['start'], collections: [], indexes: new Map(), settings: {}, ...change,
});
const plan = (given: ContractManifest, options: ContractOptions = {}, previous?: ContractPolicy, settings = SETTINGS): ContractPolicy =>
  planContractPolicy({ manifest: given, codeHash: new Uint8Array(32).fill(7), settings, options, previous });
/** Owner sets of what is declared: those of implicit collections alone are left out. */
const sets = (policy: ContractPolicy): [string, string[]][] =>
  policy.ownerSets.filter(({ name }) => declared(policy).some(({ ownerSet }) => ownerSet === name)).map(({ name, owners }) => [name, owners]);
const declared = (policy: ContractPolicy): ContractPolicy['datasets'] => policy.datasets.filter(({ name }) => !name.startsWith('_implicit_org_'));

describe('planContractPolicy', () => {
  it('gives the world state to the first business organisation when nobody says otherwise', () => {
    const policy = plan(manifest());
    expect(sets(policy)).toEqual([['world-state', ['AuroraMSP']]]);
    expect(policy).toMatchObject({ name: 'diamonds', version: '1.2.3', policyVersion: 1n, computeQuorum: 1, endorsementPolicy: SETTINGS.endorsementPolicy });
  });

  it('gives collections to their members, and one owner set to those with the same members and policy', () => {
    const collections = [collection('a', ['AuroraMSP', 'BorealisMSP']), collection('b', ['AuroraMSP', 'BorealisMSP']), collection('c', ['AuroraMSP', 'BorealisMSP'], { endorsementPolicy: "OR('NorthMSP.peer')" })];
    const policy = plan(manifest({ collections, settings: { worldState: { owners: ['CelestaMSP', 'BorealisMSP'] } } }));
    expect(declared(policy).map(({ name, ownerSet }) => [name, ownerSet])).toEqual([['', 'world-state'], ['a', 'a'], ['b', 'a'], ['c', 'c']]);
    expect(policy.ownerSets[0]?.owners).toEqual(['BorealisMSP', 'CelestaMSP']);
    expect(policy.datasets[1]).toMatchObject({ memberOnlyRead: true, members: ['AuroraMSP', 'BorealisMSP'] });
  });

  it('counts compute nodes by their platforms, unless the manifest or the deployment says otherwise', () => {
    const own = manifest({ settings: { computeQuorum: 2, distinctBy: 'teeType' } });
    expect(plan(manifest()).distinctBy).toBe(DistinctBy.PLATFORM);
    expect(plan(own)).toMatchObject({ computeQuorum: 2, distinctBy: DistinctBy.TEE_TYPE });
    expect(plan(own, { distinctBy: 'operator' }).distinctBy).toBe(DistinctBy.OPERATOR);
  });

  it('has every dataset keep a content guard, but those that the manifest excepts', () => {
    const guards = (settings: ContractManifest['settings']): boolean[] => declared(plan(manifest({ collections: [collection('a', ['AuroraMSP'])], settings }))).map(({ contentGuard }) => contentGuard);
    expect(guards({})).toEqual([true, true]);
    expect(guards({ withoutContentGuard: ['a'] })).toEqual([true, false]);
    expect(guards({ withoutContentGuard: [''] })).toEqual([false, true]);
  });

  it('has a dataset take over the collection of its name where the manifest says so, and no other', () => {
    const policy = plan(manifest({ collections: [collection('a', ['AuroraMSP']), collection('b', ['AuroraMSP'])], settings: { takesOver: ['b'] } }));
    expect(declared(policy).map(({ name, takesOver }) => [name, takesOver])).toEqual([['', false], ['a', false], ['b', true]]);
  });

  it('makes a policy that the ledger accepts', () => {
    const policy = plan(manifest({ collections: [collection('a', ['AuroraMSP'])], settings: { gatedFunctions: ['Draw'], organisationMap: { Org1MSP: 'NorthMSP' }, eventReaders: ['AuroraMSP'] } }));
    expect(() => parseContractPolicy(encodeMessage(ContractPolicySchema, policy))).not.toThrow();
  });

  it('counts the policy’s version up and keeps the suite when a contract is deployed again', () => {
    const first = plan(manifest(), { suite: 'X25519-ED25519-AES256GCM-SHA256' });
    expect(plan(manifest(), {}, first)).toMatchObject({ policyVersion: 2n, suite: 'X25519-ED25519-AES256GCM-SHA256' });
  });

  it('keeps the implicit collection of a member that has no business node any more', () => {
    const implicit = ({ datasets }: ContractPolicy): string[] => datasets.map(({ name }) => name).filter((name) => name.startsWith('_implicit_org_'));
    const first = plan(manifest());
    const fewer = { ...SETTINGS, businessOrganisations: ['AuroraMSP', 'BorealisMSP'] };
    const members = [...SETTINGS.businessOrganisations, ...SETTINGS.endorserOrganisations];
    expect(implicit(plan(manifest(), {}, first, { ...fewer, members } as typeof SETTINGS))).toEqual(implicit(first));
    expect(implicit(plan(manifest(), {}, first, { ...fewer, members: members.filter((mspId) => mspId !== 'CelestaMSP') } as typeof SETTINGS))).toEqual(['_implicit_org_AuroraMSP', '_implicit_org_BorealisMSP']);
  });

  it('refuses owners without a business node, by name', () => {
    expect(() => plan(manifest({ settings: { worldState: { owners: ['Org1MSP'] } } }))).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }));
    expect(() => plan(manifest({ collections: [collection('a', ['Org1MSP', 'Org2MSP'])] }))).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID', message: expect.stringContaining('collection a') as string }));
  });
});

describe('a set of owners who are all who follow the ledger', () => {
  const business = { ...SETTINGS, endorserOrganisations: SETTINGS.businessOrganisations };
  const ofAll = { worldState: { owners: SETTINGS.businessOrganisations } };

  it('is refused, as nobody else could vouch for what they serve', () => {
    expect(() => plan(manifest({ settings: ofAll }), {}, undefined, business)).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID', message: expect.stringMatching(/^the world state: its owners AuroraMSP, BorealisMSP, CelestaMSP are all who follow the ledger/) as string }));
    expect(() => plan(manifest({ collections: [collection('a', SETTINGS.businessOrganisations)] }), {}, undefined, business)).toThrow(expect.objectContaining({ message: expect.stringContaining('collection a: its owners') as string }));
  });

  it('is taken where one more organisation endorses, or keeps a business node', () => {
    expect(sets(plan(manifest({ settings: ofAll }), {}, undefined, { ...business, endorserOrganisations: [...SETTINGS.businessOrganisations, 'NorthMSP'] }))).toHaveLength(1);
    expect(sets(plan(manifest({ settings: { worldState: { owners: ['AuroraMSP', 'BorealisMSP'] } } }), {}, undefined, business))).toHaveLength(1);
  });
});

describe('implicit collections', () => {
  const find = (policy: ContractPolicy, mspId: string): unknown => {
    const dataset = policy.datasets.find(({ name }) => name === `_implicit_org_${mspId}`);
    return { ...dataset, ...policy.ownerSets.find(({ name }) => name === dataset?.ownerSet) };
  };

  it('are there for each organisation with a business node, its own alone', () => {
    const policy = plan(manifest());
    for (const mspId of SETTINGS.businessOrganisations) {
      expect(find(policy, mspId)).toMatchObject({ members: [mspId], owners: [mspId], memberOnlyRead: false, memberOnlyWrite: false, blockToLive: 0n, endorsementPolicy: SETTINGS.endorsementPolicy });
    }
    expect(policy.datasets).toHaveLength(4);
  });

  it('ask for the endorser that the organisation is mapped to, or what the manifest says', () => {
    const ownerSets = { _implicit_org_BorealisMSP: { endorsementPolicy: "AND('NorthMSP.peer')" } };
    const policy = plan(manifest({ settings: { organisationMap: { AuroraMSP: 'EastMSP' }, ownerSets } }));
    expect(find(policy, 'AuroraMSP')).toMatchObject({ endorsementPolicy: "OR('EastMSP.peer')", owners: ['AuroraMSP'] });
    expect(find(policy, 'BorealisMSP')).toMatchObject({ endorsementPolicy: "AND('NorthMSP.peer')", owners: ['BorealisMSP'] });
  });

  it('do not bind what is declared later', () => {
    const first = plan(manifest());
    const second = plan(manifest({ collections: [collection('a', ['BorealisMSP'])] }), {}, first);
    expect(declared(second).map(({ ownerSet }) => ownerSet)).toEqual(['world-state', 'a']);
  });

  it('have owner sets whose names Fabric takes', () => {
    const settings = { ...SETTINGS, businessOrganisations: ['AuroraMSP', 'dawn.example'] };
    const policy = plan(manifest(), {}, undefined, settings);
    expect(policy.ownerSets.map(({ name }) => name)).toEqual(['world-state', 'implicit_org_AuroraMSP', 'implicit_org_dawn-example']);
  });
});

describe('collections with blockToLive', () => {
  it('share an owner set with those of the same life only, and keep it', () => {
    const ending = (name: string, blockToLive: bigint): CollectionConfig => collection(name, ['BorealisMSP'], { blockToLive });
    const first = plan(manifest({ collections: [ending('a', 0n), ending('b', 3n), ending('c', 3n), ending('d', 4n)] }));
    expect(declared(first).map(({ ownerSet, blockToLive }) => [ownerSet, blockToLive])).toEqual([['world-state', 0n], ['a', 0n], ['b', 3n], ['b', 3n], ['d', 4n]]);
    expect(() => parseContractPolicy(encodeMessage(ContractPolicySchema, first))).not.toThrow();
    expect(() => plan(manifest({ collections: [ending('b', 3n), ending('c', 5n)] }), {}, first)).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }));
  });
});

describe('planContractPolicy, for a contract that is on the ledger', () => {
  const members = ['AuroraMSP', 'DawnMSP'];
  const withDawn = { ...SETTINGS, businessOrganisations: [...SETTINGS.businessOrganisations, 'DawnMSP'] };

  it('adds an owner to the set that a dataset is in', () => {
    const collections = [collection('pair', members, { endorsementPolicy: "OR('NorthMSP.peer')" })];
    const first = plan(manifest({ collections }));
    expect(sets(first)).toEqual([['world-state', ['AuroraMSP']], ['pair', ['AuroraMSP']]]);
    expect(sets(plan(manifest({ collections }), {}, first, withDawn))).toEqual([['world-state', ['AuroraMSP']], ['pair', members]]);
  });

  it('refuses to part datasets whose data lies together', () => {
    const collections = [collection('pair', members)];
    const first = plan(manifest({ collections }));
    expect(sets(first)).toEqual([['world-state', ['AuroraMSP']]]);
    expect(() => plan(manifest({ collections }), {}, first, withDawn)).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID', message: expect.stringContaining('shares owner set world-state') as string }));
  });

  it('leaves data where it lies when owner sets become equal, and gives new datasets names that were never taken', () => {
    const first = plan(manifest({ collections: [collection('a', ['BorealisMSP']), collection('b', ['CelestaMSP'])] }));
    const second = plan(manifest({ collections: [collection('a', ['CelestaMSP']), collection('b', ['CelestaMSP'])] }), {}, first);
    expect(sets(second)).toEqual([['world-state', ['AuroraMSP']], ['a', ['CelestaMSP']], ['b', ['CelestaMSP']]]);
    const without = plan(manifest({ collections: [collection('b', ['CelestaMSP'])] }), {}, first);
    expect(sets(without)).toEqual([['world-state', ['AuroraMSP']], ['b', ['CelestaMSP']]]);
    const renamed = { ...first, datasets: first.datasets.map((dataset) => (dataset.name === 'a' ? { ...dataset, name: 'old' } : dataset)) };
    const again = plan(manifest({ collections: [collection('old', ['BorealisMSP']), collection('a', ['AuroraMSP', 'BorealisMSP'])] }), {}, renamed);
    expect(declared(again).map(({ name, ownerSet }) => [name, ownerSet])).toEqual([['', 'world-state'], ['old', 'a'], ['a', 'a-2']]);
    const dropped = plan(manifest({ collections: [collection('a', ['BorealisMSP'])] }), {}, renamed);
    expect(declared(dropped).map(({ name, ownerSet }) => [name, ownerSet])).toEqual([['', 'world-state'], ['a', 'a-2']]);
  });
});
