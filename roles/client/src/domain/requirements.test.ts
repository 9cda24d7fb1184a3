import { createTargetData, createTestConsortium, TWO_OF_THREE } from '@selvedge/fixtures';
import { parseEndorsementPolicy } from '@selvedge/policy';
import { parseCores } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { readContractTerms } from './contract-terms.js';
import { chooseEndorsers, canSatisfy } from './endorsers.js';
import { declaredOwners, readRequirements } from './requirements.js';

describe('readRequirements', () => {
  it('declares the owners of every owner set that is written, and asks for their policies', async () => {
    const consortium = await createTestConsortium();
    const nodes = [await consortium.issueComputeNode()];
    const writes = [{ dataset: 'tradeOffers', key: 'a', value: '1' }, { dataset: 'celestaStones', key: 'b', value: '2' }];
    const { cores, itemMask } = createTargetData({ consortium, nodes, writes });
    const requirements = readRequirements(parseCores(cores, itemMask), (name) => readContractTerms(consortium.state, name));
    expect(requirements.targets).toEqual([
      { contract: 'diamonds', ownerSet: 'celesta', owners: ['CelestaMSP'] },
      { contract: 'diamonds', ownerSet: 'trade', owners: ['AuroraMSP', 'BorealisMSP'] },
    ]);
    expect(requirements.policies).toHaveLength(3);
    expect(declaredOwners(requirements.targets)).toEqual(['AuroraMSP', 'BorealisMSP', 'CelestaMSP']);
  });

  it('asks for the contract’s policy alone when nothing is written', async () => {
    const consortium = await createTestConsortium();
    const { cores, itemMask } = createTargetData({ consortium, nodes: [await consortium.issueComputeNode()], writes: [] });
    const requirements = readRequirements(parseCores(cores, itemMask), (name) => readContractTerms(consortium.state, name));
    expect(requirements.targets).toEqual([]);
    expect(requirements.policies).toHaveLength(1);
  });

  it('refuses an owner set or a contract that the ledger does not have', async () => {
    const consortium = await createTestConsortium();
    const nodes = [await consortium.issueComputeNode()];
    const { cores, itemMask } = createTargetData({ consortium, nodes, changeCore: (core) => { for (const write of core.sections[0]!.writes) write.ownerSet = 'nobody'; } });
    expect(() => readRequirements(parseCores(cores, itemMask), (name) => readContractTerms(consortium.state, name))).toThrow(expect.objectContaining({ code: 'OWNER_SET_MISMATCH' }));
    expect(() => readContractTerms(consortium.state, 'other')).toThrow(expect.objectContaining({ code: 'CONTRACT_UNKNOWN' }));
  });
});

describe('chooseEndorsers', () => {
  const endorsers = ['NorthMSP', 'SouthMSP', 'EastMSP'].map((mspId) => ({ mspId }));
  const names = (policies: string[], order = endorsers) => chooseEndorsers(policies.map(parseEndorsementPolicy), order).map(({ mspId }) => mspId);

  it('takes the first that are enough', () => {
    expect(names([TWO_OF_THREE])).toEqual(['NorthMSP', 'SouthMSP']);
    expect(names([TWO_OF_THREE], [...endorsers].reverse())).toEqual(['EastMSP', 'SouthMSP']);
  });

  it('leaves out those that turn out to be needless', () => {
    expect(names(["AND('EastMSP.peer')"])).toEqual(['EastMSP']);
    expect(names(["OR('NorthMSP.peer','SouthMSP.peer')", "AND('SouthMSP.peer','EastMSP.peer')"])).toEqual(['SouthMSP', 'EastMSP']);
  });

  it('takes all when they are not enough', () => {
    expect(names(["AND('NorthMSP.peer','WestMSP.peer')"])).toHaveLength(3);
    expect(canSatisfy([parseEndorsementPolicy("AND('NorthMSP.peer','WestMSP.peer')")], endorsers)).toBe(false);
  });
});
