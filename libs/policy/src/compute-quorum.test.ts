import { create } from '@bufbuild/protobuf';
import { AppraisalPolicySchema, ContractPolicySchema, DistinctBy } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { contractQuorum, distinctCount, hasQuorumFloors, leastFloor, quorumRules, verifyQuorums, type CountedNode } from './compute-quorum.js';
import { CONTRACT } from './testdata/network.js';
import { refusal } from './testdata/refusal.js';

const node = (platform: number, operatorMspId: string, teeType: string): CountedNode => ({ platformId: new Uint8Array(32).fill(platform), operatorMspId, teeType });
const [first, second, third] = [node(1, 'Org1MSP', 'sgx'), node(2, 'Org2MSP', 'sgx'), node(3, 'Org2MSP', 'tdx')];
const policy = (computeQuorum: number, distinctBy = DistinctBy.PLATFORM) => create(ContractPolicySchema, { ...CONTRACT, computeQuorum, distinctBy });
const profile = (...floors: [teeType: string, count: number | undefined, distinctBy?: DistinctBy, role?: string][]) => ({
  appraisalPolicies: floors.map(([teeType, count, distinctBy = DistinctBy.PLATFORM, role = 'compute']) => create(AppraisalPolicySchema, { role, teeType, ...(count === undefined ? {} : { quorum: { count, distinctBy } }) })),
});
const verify = (signers: CountedNode[], of: ReturnType<typeof policy>, floors = profile()): string => refusal(() => { verifyQuorums(signers, quorumRules(signers, { profile: floors, policy: of })); });

describe('verifyQuorums', () => {
  it('counts by what the contract’s policy names', () => {
    expect(verify([first, second], policy(2))).toBe('nothing was refused');
    expect(verify([first, first], policy(2))).toBe('COMPUTE_QUORUM_NOT_MET: rule compute quorum of contract diamonds: saw 1 that signed, distinct by platform, expected 2');
    expect(verify([second, third], policy(2, DistinctBy.OPERATOR))).toContain('saw 1 that signed, distinct by operator, expected 2');
    expect(verify([first, second], policy(2, DistinctBy.TEE_TYPE))).toContain('saw 1 that signed, distinct by teeType, expected 2');
    expect(verify([first, third], policy(2, DistinctBy.TEE_TYPE))).toBe('nothing was refused');
    expect(verify([], policy(0))).toContain('saw 0');
  });

  it('asks for the floor of a type of TEE as soon as one of it signed, counted in its own way', () => {
    const floors = profile(['sgx', 2, DistinctBy.TEE_TYPE], ['tdx', undefined]);
    expect(verify([third], policy(1), floors)).toBe('nothing was refused');
    expect(verify([first, third], policy(1), floors)).toBe('nothing was refused');
    expect(verify([first, second], policy(2), floors)).toBe('COMPUTE_QUORUM_NOT_MET: rule quorum of the network profile’s appraisal policy of compute on sgx: saw 1 that signed, distinct by teeType, expected 2');
  });

  it('asks for the stricter of contract and profile', () => {
    expect(verify([first, second], policy(1), profile(['sgx', 3]))).toContain('compute on sgx: saw 2');
    expect(verify([first, second], policy(3), profile(['sgx', 2]))).toContain('contract diamonds: saw 2');
    expect(verify([first, second, third], policy(3), profile(['sgx', 3], ['tdx', 3]))).toBe('nothing was refused');
  });

  it('takes no notice of policies of other roles', () => {
    expect(verify([first], policy(1), profile(['sgx', 5, DistinctBy.PLATFORM, 'viewer']))).toBe('nothing was refused');
  });
});

it('what any answer needs is the least of all types', () => {
  expect(leastFloor(profile())).toBe(1);
  expect(leastFloor(profile(['sgx', 3], ['tdx', 2]))).toBe(2);
  expect(leastFloor(profile(['sgx', 3], ['tdx', undefined]))).toBe(1);
  expect(leastFloor(profile(['sgx', 3], ['sgx', undefined, DistinctBy.PLATFORM, 'viewer']))).toBe(3);
  expect([hasQuorumFloors(profile(['sgx', undefined])), hasQuorumFloors(profile(['sgx', 1]))]).toEqual([false, true]);
  expect([contractQuorum(policy(0)).count, distinctCount([], DistinctBy.PLATFORM)]).toEqual([1, 0]);
});
