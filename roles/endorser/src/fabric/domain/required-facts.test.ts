import { suiteByName } from '@selvedge/crypto';
import { createTargetData, createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { CHANNEL_EPOCH, facts } from '@selvedge/policy';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseTargetData } from '../../domain/check-shape.js';
import { verifyTargetData } from '../../domain/verify-target-data.js';
import { requiredFacts } from './required-facts.js';

let consortium: TestConsortium;
beforeAll(async () => {
  consortium = await createTestConsortium();
});

describe('the facts of target data', () => {
  it('are at least those that its verification reads', async () => {
    const nodes = await Promise.all([consortium.issueComputeNode(), consortium.issueComputeNode()]);
    const targetData = createTargetData({ consortium, nodes });
    const read = new Set<string>();
    const state = { ...consortium.state, fact: (key: string) => { read.add(key); return consortium.state.fact(key); } };
    verifyTargetData(targetData, { state, profile: consortium.profile, at: consortium.now });
    const required = requiredFacts(parseTargetData(targetData));
    for (const key of read) expect(required).toContain(key);
    expect(required).toContain(facts.profile);
    expect(required).toEqual([...new Set(required)].sort());
  });

  it('are the keys of as many owners as an owner set may have', async () => {
    const { publicKey } = suiteByName(consortium.contractPolicy.suite).generateKemKeyPair();
    const owners = Array.from({ length: 256 }, (_, i) => `Owner${String(i).padStart(3, '0')}MSP`);
    const targetData = createTargetData({ consortium, nodes: [await consortium.issueComputeNode()], writes: [{ key: 'k', value: '1' }], recipients: () => owners.map((mspId) => ({ mspId, publicKey })) });
    expect(requiredFacts(parseTargetData(targetData))).toEqual(expect.arrayContaining(owners.map(facts.ownerKeys)));
  });

  it('leave out what no fact can be called, and certificates that do not parse', async () => {
    const strange = await consortium.issueComputeNode({ binding: { nodeId: 'a/b', epoch: 2n ** 64n - 1n } });
    const targetData = createTargetData({ consortium, nodes: [strange], keyEpoch: 0n });
    targetData.attachments!.teeSignatures.push({ ...targetData.attachments!.teeSignatures[0]!, certificate: new Uint8Array(20_000) }, { ...targetData.attachments!.teeSignatures[0]!, certificate: new Uint8Array(9) });
    const required = requiredFacts(parseTargetData(targetData));
    expect(required).toContain(facts.epoch(consortium.contract, 2n));
    expect(required.filter((key) => key.includes(CHANNEL_EPOCH) || key.includes('revoked/node') || key.endsWith('/0'))).toEqual([]);
  });
});
