import { create } from '@bufbuild/protobuf';
import { createTargetData, createTestConsortium, createTestKeyPolicy, refusalCode, TEST_CONTRACT, TEST_ORGANISATION_MAP, type TargetDataInput, type TestComputeNode, type TestConsortium, type TestWrite } from '@selvedge/fixtures';
import { KeyPolicyReadSchema } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifyTargetData } from './verify-target-data.js';

let consortium: TestConsortium;
let node: TestComputeNode;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode();
});
beforeEach(() => {
  consortium.setContractPolicy({ organisationMap: TEST_ORGANISATION_MAP });
});
afterEach(() => {
  consortium.restore();
});

const ORG1 = createTestKeyPolicy('Org1MSP');
const VERSION = new Uint8Array(32).fill(7);
const refusal = (input: Partial<TargetDataInput>): string | undefined =>
  refusalCode(() => verifyTargetData(createTargetData({ consortium, nodes: [node], ...input }), { state: consortium.state, profile: consortium.profile, at: consortium.now }));
const set = (change: Partial<TestWrite>, input: Partial<TargetDataInput> = {}): string | undefined => refusal({ writes: [{ key: 'k', ...change }], ...input });
const ledgerKey = (key: string): Uint8Array => consortium.contractKeys.names.ledgerKey('', key);

describe('a key-level policy that is set', () => {
  it('passes with a value, or for a key that was read as present', () => {
    expect(set({ value: '1', keyPolicy: ORG1 })).toBeUndefined();
    consortium.state.setVersion(TEST_CONTRACT, 'houses', '', ledgerKey('k'), VERSION);
    expect(set({ keyPolicy: ORG1 }, { reads: [{ key: 'k', packetHash: VERSION }] })).toBeUndefined();
  });

  it('is refused for a key that was not read as present', () => {
    expect(set({ keyPolicy: ORG1 })).toBe('TARGET_DATA_INCONSISTENT');
    expect(set({ keyPolicy: ORG1 }, { reads: [{ key: 'k' }] })).toBe('TARGET_DATA_INCONSISTENT');
  });

  it('is refused when nobody could carry it out', () => {
    expect(set({ value: '1', keyPolicy: createTestKeyPolicy('Org9MSP') })).toBe('KEY_POLICY_UNMAPPED');
    expect(set({ value: '1', keyPolicy: Uint8Array.of(0xff) })).toBe('KEY_POLICY_MALFORMED');
    consortium.setContractPolicy({ organisationMap: [] });
    expect(set({ value: '1', keyPolicy: new Uint8Array(0) })).toBe('KEY_POLICY_UNMAPPED');
  });

  it('is refused where entries end by themselves', () => {
    consortium.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses' }, { name: 'auroraStones', ownerSet: 'aurora', blockToLive: 3n }] });
    expect(set({ dataset: 'auroraStones', value: '1', keyPolicy: ORG1 })).toBe('CHAINCODE_UNSUPPORTED');
  });

  it('goes with no removal, and is not too long', () => {
    const changed = (keyPolicy: Uint8Array): string | undefined => set({}, { changeCore: (core) => { core.sections[0]!.writes[0]!.keyPolicy = keyPolicy; } });
    expect(changed(ORG1)).toBe('MALFORMED_MESSAGE');
    expect(set({ value: '1', keyPolicy: new Uint8Array(8 * 1024 + 1) })).toBe('LIMIT_EXCEEDED');
    expect(set({ keyPolicy: ORG1 }, { changeCore: (core) => { delete core.sections[0]!.writes[0]!.keyPolicy; } })).toBe('MALFORMED_MESSAGE');
  });
});

describe('a key-level policy that was read', () => {
  const read = (policy: Uint8Array, ownerSet = 'houses'): string | undefined =>
    refusal({ changeCore: (core) => { core.sections[0]!.keyPolicyReads = [create(KeyPolicyReadSchema, { ownerSet, dataset: '', ledgerKey: ledgerKey('other'), policy })]; } });

  it('must stand', () => {
    expect(read(new Uint8Array(0))).toBeUndefined();
    expect(read(ORG1)).toBe('STALE_READ');
    consortium.state.setKeyPolicy(TEST_CONTRACT, 'houses', '', ledgerKey('other'), ORG1);
    expect(read(ORG1)).toBeUndefined();
    expect(read(new Uint8Array(0))).toBe('STALE_READ');
  });

  it('is of a dataset’s own owner set, and of a contract that can have one', () => {
    expect(read(new Uint8Array(0), 'aurora')).toBe('OWNER_SET_MISMATCH');
    consortium.setContractPolicy({ organisationMap: [] });
    expect(read(new Uint8Array(0))).toBe('KEY_POLICY_UNMAPPED');
  });
});
