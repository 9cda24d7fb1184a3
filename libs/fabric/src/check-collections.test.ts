import { createTestContractPolicy } from '@selvedge/fixtures';
import { describe, expect, it } from 'vitest';
import { checkCollections } from './check-collections.js';
import { createCollections, type CollectionConfig, type PeersPerOrganisation } from './collections.js';

const [sound] = createCollections(createTestContractPolicy(), { keepers: 'none' }) as [CollectionConfig];
const codes = (change: Partial<CollectionConfig>, peersPerOrganisation: PeersPerOrganisation = 1): string[] => checkCollections([{ ...sound, ...change }], { peersPerOrganisation }).map(({ code }) => code);

describe('the check of collections', () => {
  it('passes what is generated', () => {
    expect(codes({})).toEqual([]);
  });

  it.each<[Partial<CollectionConfig>, string, RegExp]>([
    [{ requiredPeerCount: 0 }, 'PACKETS_MAY_BE_LOST', /requiredPeerCount to 1/],
    [{ memberOnlyRead: false }, 'PACKETS_SHOWN_TO_NON_MEMBERS', /set it to true/],
    [{ memberOnlyWrite: true }, 'CLIENTS_OF_NON_MEMBERS_REFUSED', /set it to false/],
    [{ blockToLive: 5 }, 'PACKETS_EXPIRE', /set it to 0/],
    [{ endorsementPolicy: { signaturePolicy: "OR('AuroraMSP.peer')" } }, 'ENDORSEMENT_IMPOSSIBLE', /AuroraMSP/],
    [{ requiredPeerCount: 2 }, 'ENDORSEMENT_IMPOSSIBLE', /lower requiredPeerCount/],
  ])('%j: %s', (change, code, text) => {
    const warnings = checkCollections([{ ...sound, ...change }]);
    expect(warnings.map((warning) => warning.code)).toEqual([code]);
    expect(warnings[0]!.message).toMatch(text);
    expect(warnings[0]!.message).toMatch(/^selvedge_aurora: /);
  });

  it('expects the life that the contract’s policy gives an owner set', () => {
    const datasets = createTestContractPolicy().datasets.map((dataset) => (dataset.ownerSet === 'aurora' ? { ...dataset, blockToLive: 5n } : dataset));
    const policy = createTestContractPolicy({ datasets });
    const collections = createCollections(policy, { keepers: 'none' });
    expect(collections.map(({ name, blockToLive }) => [name, blockToLive])).toContainEqual(['selvedge_aurora', 5]);
    expect(checkCollections(collections, { policy })).toEqual([]);
    expect(checkCollections(collections.map((collection) => ({ ...collection, blockToLive: 0 })), { policy }).map(({ code, message }) => [code, message.slice(-8)])).toEqual([['PACKETS_EXPIRE', 'it to 5']].map(([code, end]) => [code, `t ${String(end)}`.slice(-8)]));
  });

  it('names a missing endorsement policy, and leaves alone what a channel policy settles elsewhere', () => {
    const without: { -readonly [K in keyof CollectionConfig]: CollectionConfig[K] } = { ...sound };
    delete without.endorsementPolicy;
    expect(checkCollections([without]).map(({ code }) => code)).toEqual(['CHAINCODE_POLICY_GOVERNS_WRITES']);
    expect(codes({ endorsementPolicy: { channelConfigPolicy: '/Channel/Application/Endorsement' }, requiredPeerCount: 0 })).toEqual([]);
  });

  it('knows that endorsers who keep packets can be asked for them', () => {
    const kept = createCollections(createTestContractPolicy(), { keepers: 'endorsers' });
    expect(checkCollections(kept.map((collection) => ({ ...collection, requiredPeerCount: 0 })))).toEqual([]);
  });

  it('counts the peers that organisations have', () => {
    const own = { endorsementPolicy: { signaturePolicy: "OR('AuroraMSP.peer')" } };
    expect(codes(own, { AuroraMSP: 2 })).toEqual([]);
    expect(codes(own, { AuroraMSP: 0 })).toEqual(['ENDORSEMENT_IMPOSSIBLE']);
  });

  it('knows that endorsers who are no members of a collection that is taken over cannot be asked for its removals', () => {
    const of = (endorser: string): string[][] => {
      const policy = createTestContractPolicy({ ownerSets: [{ name: 'aurora', owners: ['AuroraMSP'], endorsementPolicy: `OR('${endorser}.peer')` }], datasets: [{ name: 'old', ownerSet: 'aurora', members: ['AuroraMSP'], takesOver: true }] });
      return checkCollections(createCollections(policy, { keepers: 'endorsers' }), { policy }).map(({ code, message }) => [code, message.slice(0, 25)]);
    };
    expect([of('NorthMSP'), of('AuroraMSP')]).toEqual([[['REMOVALS_MAY_STALL', 'old: endorser NorthMSP is']], []]);
  });

  it('passes over collections that are not Selvedge’s', () => {
    expect(codes({ name: 'theirs', memberOnlyRead: false })).toEqual([]);
  });
});
