import fc from 'fast-check';
import { createTestContractPolicy, ENDORSER_MSP_IDS, refusalCode, TWO_OF_THREE } from '@selvedge/fixtures';
import { parseEndorsementPolicy } from '@selvedge/policy';
import { describe, expect, it } from 'vitest';
import { checkCollections } from './check-collections.js';
import { countPeers, createCollections, takenOver, type CollectionConfig } from './collections.js';
import { MARKER_COLLECTION } from './names.js';

const named = (collections: readonly CollectionConfig[], name: string): CollectionConfig => collections.find((collection) => collection.name === name)!;
const members = (collection: CollectionConfig): readonly string[] => parseEndorsementPolicy(collection.policy).mspIds;

describe('collections of a contract', () => {
  const policy = createTestContractPolicy();

  it('are one per owner set and the markers’, each under a policy of its own', () => {
    const collections = createCollections(policy, { keepers: 'none' });
    expect(collections.map(({ name }) => name)).toEqual(['selvedge_aurora', 'selvedge_borealis', 'selvedge_celesta', 'selvedge_houses', 'selvedge_trade', MARKER_COLLECTION]);
    for (const { endorsementPolicy } of collections) expect(endorsementPolicy).toEqual({ signaturePolicy: TWO_OF_THREE });
  });

  it('without keepers belong to the owners alone, and a packet must reach one', () => {
    const collections = createCollections(policy, { keepers: 'none' });
    expect(named(collections, 'selvedge_aurora')).toEqual({
      name: 'selvedge_aurora',
      policy: "OR('AuroraMSP.member')",
      requiredPeerCount: 1,
      maxPeerCount: 1,
      blockToLive: 0,
      memberOnlyRead: true,
      memberOnlyWrite: false,
      endorsementPolicy: { signaturePolicy: TWO_OF_THREE },
    });
    expect(members(named(collections, 'selvedge_trade'))).toEqual(['AuroraMSP', 'BorealisMSP']);
    expect(named(collections, 'selvedge_trade')).toMatchObject({ requiredPeerCount: 1, maxPeerCount: 2 });
  });

  it('have those beside them that the contract takes over, with their members, under the owner set’s policy', () => {
    const endorsementPolicy = "OR('NorthMSP.peer')";
    const ownerSets = [{ name: 'aurora', owners: ['AuroraMSP'], endorsementPolicy }];
    const dataset = { name: 'oldStones', ownerSet: 'aurora', members: ['CelestaMSP', 'AuroraMSP'], memberOnlyRead: false };
    const collections = (takesOver: boolean): CollectionConfig[] => createCollections(createTestContractPolicy({ ownerSets, datasets: [{ ...dataset, takesOver }] }), { keepers: 'endorsers' });
    expect(collections(false).map(({ name }) => name)).not.toContain('oldStones');
    expect([true, false].map((takesOver) => takenOver(createTestContractPolicy({ ownerSets, datasets: [{ ...dataset, takesOver }] })))).toEqual([['oldStones'], []]);
    expect(named(collections(true), 'oldStones')).toEqual({
      name: 'oldStones',
      policy: "OR('AuroraMSP.member', 'CelestaMSP.member')",
      requiredPeerCount: 0,
      maxPeerCount: 2,
      blockToLive: 0,
      memberOnlyRead: true,
      memberOnlyWrite: false,
      endorsementPolicy: { signaturePolicy: endorsementPolicy },
    });
  });

  it('leave the markers to whoever is named, without a change of their policy', () => {
    const marker = named(createCollections(policy, { keepers: 'none', markerMembers: ['OrdererMSP'] }), MARKER_COLLECTION);
    expect(marker).toMatchObject({ policy: "OR('OrdererMSP.member')", requiredPeerCount: 0, endorsementPolicy: { signaturePolicy: TWO_OF_THREE } });
  });

  it('with keepers belong to the endorsers too', () => {
    const aurora = named(createCollections(policy, { keepers: 'endorsers' }), 'selvedge_aurora');
    expect(members(aurora)).toEqual(['AuroraMSP', 'EastMSP', 'NorthMSP', 'SouthMSP']);
    expect(aurora).toMatchObject({ requiredPeerCount: 1, maxPeerCount: 4 });
  });

  it('ask for another peer only where one that is down stops nothing', () => {
    const endorsementPolicy = "OR('NorthMSP.peer')";
    const ownerSets = [{ name: 'aurora', owners: ['AuroraMSP'], endorsementPolicy }];
    const few = createTestContractPolicy({ ownerSets, endorsementPolicy });
    expect(createCollections(few, { keepers: 'endorsers' })[0]).toMatchObject({ requiredPeerCount: 0, maxPeerCount: 2 });
    expect(createCollections(few, { keepers: 'endorsers', peersPerOrganisation: { AuroraMSP: 2 } })[0]).toMatchObject({ requiredPeerCount: 1, maxPeerCount: 3 });
    expect(createCollections(few, { keepers: 'none', peersPerOrganisation: 2 })[0]).toMatchObject({ requiredPeerCount: 1, maxPeerCount: 2 });
  });

  it('keep markers at the endorsers of the contract', () => {
    for (const keepers of ['none', 'endorsers'] as const) {
      const marker = named(createCollections(policy, { keepers }), MARKER_COLLECTION);
      expect(members(marker)).toEqual([...ENDORSER_MSP_IDS].sort());
      expect(marker).toMatchObject({ requiredPeerCount: 0, maxPeerCount: 3 });
    }
  });

  it('cannot be made for an owner set whose name Fabric would refuse', () => {
    const ownerSets = [{ name: 'AuroraMSP+BorealisMSP', owners: ['AuroraMSP', 'BorealisMSP'], endorsementPolicy: TWO_OF_THREE }];
    expect(refusalCode(() => createCollections(createTestContractPolicy({ ownerSets }), { keepers: 'none' }))).toBe('INVALID_CONFIGURATION');
  });

  it('are sound for every policy, and pass their own check', () => {
    const mspId = fc.constantFrom('AMSP', 'BMSP', 'CMSP', 'DMSP', 'EMSP');
    const mspIds = fc.uniqueArray(mspId, { minLength: 1 }).map((ids) => ids.sort());
    const ownerSet = fc.record({ name: fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/), owners: mspIds, endorsers: mspIds, k: fc.nat(4) });
    const setting = fc.record({ ownerSets: fc.uniqueArray(ownerSet, { selector: ({ name }) => name, minLength: 1, maxLength: 4 }), keepers: fc.constantFrom('none' as const, 'endorsers' as const), peers: fc.integer({ min: 1, max: 3 }) });
    fc.assert(fc.property(setting, ({ ownerSets, keepers, peers }) => {
      const sets = ownerSets.map(({ name, owners, endorsers, k }) => ({ name, owners, endorsementPolicy: `OutOf(${String((k % endorsers.length) + 1)}, ${endorsers.map((id) => `'${id}.peer'`).join(', ')})` }));
      const made = createCollections(createTestContractPolicy({ ownerSets: sets }), { keepers, peersPerOrganisation: peers });
      expect(new Set(made.map(({ name }) => name)).size).toBe(sets.length + 1);
      for (const collection of made) {
        expect(collection.maxPeerCount).toBeGreaterThanOrEqual(Math.max(collection.requiredPeerCount, countPeers(members(collection), peers)));
        expect(collection).toMatchObject({ blockToLive: 0, memberOnlyRead: true, memberOnlyWrite: false });
      }
      for (const { name, owners } of sets) for (const owner of owners) expect(members(named(made, `selvedge_${name}`))).toContain(owner);
      // The one risk that a policy itself can bring: an owner with a single peer that endorses into its own collection.
      const codes = new Set(checkCollections(made, { peersPerOrganisation: peers }).map(({ code }) => code));
      codes.delete('ENDORSEMENT_IMPOSSIBLE');
      expect([...codes]).toEqual([]);
      if (keepers === 'endorsers' || peers > 1) expect(checkCollections(made, { peersPerOrganisation: peers })).toEqual([]);
    }));
  });
});
