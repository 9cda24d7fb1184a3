import { create } from '@bufbuild/protobuf';
import { createTestConsortium, createTestContractPolicy } from '@selvedge/fixtures';
import { AppraisalPolicySchema, DistinctBy, TargetDataSchema, type TeeBinding } from '@selvedge/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { missingNodes, type CountedAnswer } from './missing-nodes.js';

let answerOf: (binding: Partial<Omit<TeeBinding, '$typeName' | '$unknown'>>) => Promise<CountedAnswer>;
beforeAll(async () => {
  const consortium = await createTestConsortium();
  answerOf = async (binding) => {
    const { certificate } = await consortium.issueComputeNode({ binding });
    return { targetData: create(TargetDataSchema, { attachments: { teeSignatures: [{ certificate }] } }) };
  };
});

const floors = (...list: [teeType: string, count: number, distinctBy?: DistinctBy][]) => ({
  appraisalPolicies: list.map(([teeType, count, distinctBy = DistinctBy.PLATFORM]) => create(AppraisalPolicySchema, { role: 'compute', teeType, quorum: { count, distinctBy } })),
});
const missing = (answers: readonly CountedAnswer[], profile = floors(), ...quorums: number[]): number => missingNodes(answers, { profile, policies: quorums.map((computeQuorum) => createTestContractPolicy({ computeQuorum })) });

describe('missingNodes', () => {
  it('begins with what the contract and every type of TEE need at least', () => {
    expect(missing([], floors(), 1)).toBe(1);
    expect(missing([], floors(), 3)).toBe(3);
    expect(missing([], floors(['sgx', 4], ['tdx', 2]), 1)).toBe(2);
    expect(missing([], floors(), 0)).toBe(1);
  });

  it('asks for more where a contract that was called, or a type that answered, needs them', async () => {
    const [sgx, tdx] = [await answerOf({ teeType: 'sgx' }), await answerOf({ teeType: 'tdx' })];
    expect(missing([sgx], floors(), 1, 2)).toBe(1);
    expect(missing([sgx, tdx], floors(), 1, 2)).toBe(0);
    expect(missing([tdx], floors(['sgx', 3]), 1)).toBe(0);
    expect(missing([sgx, tdx], floors(['sgx', 3]), 1)).toBe(1);
  });

  it('counts as endorsers do', async () => {
    const same = [await answerOf({ operatorMspId: 'NorthMSP' }), await answerOf({ operatorMspId: 'NorthMSP' })];
    expect(missing(same, floors(['simulated', 2, DistinctBy.OPERATOR]), 1)).toBe(1);
    expect(missing([...same, await answerOf({ operatorMspId: 'SouthMSP' })], floors(['simulated', 2, DistinctBy.OPERATOR]), 1)).toBe(0);
    const platformId = new Uint8Array(32).fill(9);
    expect(missing([await answerOf({ platformId }), await answerOf({ platformId })], floors(), 2)).toBe(1);
  });

  it('does not count answers without a certificate that can be read', () => {
    const none: CountedAnswer = { targetData: undefined };
    const forged: CountedAnswer = { targetData: create(TargetDataSchema, { attachments: { teeSignatures: [{ certificate: new Uint8Array(9) }] } }) };
    expect(missing([none, forged], floors(['simulated', 2]), 2)).toBe(2);
    expect(missing([none], floors())).toBe(0);
  });
});
