import { SUITE_NAMES } from '@selvedge/crypto';
import { createTargetData, createTestConsortium, refusalCode, TEST_CONTRACT, type TargetDataInput, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { facts } from '@selvedge/policy';
import { create } from '@bufbuild/protobuf';
import { GuardKind, GuardReadSchema, GuardWriteSchema, ReadEntrySchema, StorageMode, type WriteEntry } from '@selvedge/protocol';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { verifyTargetData } from './verify-target-data.js';

let consortium: TestConsortium;
let node: TestComputeNode;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode();
});
afterEach(() => {
  consortium.restore();
});

const refusal = (input: Partial<TargetDataInput> = {}): string | undefined => {
  const targetData = createTargetData({ consortium, nodes: [node], ...input });
  return refusalCode(() => verifyTargetData(targetData, { state: consortium.state, profile: consortium.profile, at: consortium.now }));
};

describe('contract', () => {
  it('that the ledger does not hold is refused', () => {
    consortium.state.setFact(facts.contract(TEST_CONTRACT), undefined);
    expect(refusal()).toBe('CONTRACT_UNKNOWN');
  });

  it('code that is not the approved one is refused', () => {
    expect(refusal({ changeCore: (core) => { core.sections[0]!.codeHash = new Uint8Array(32); } })).toBe('CODE_HASH_MISMATCH');
  });

  it('policy of another version is refused', () => {
    expect(refusal({ changeCore: (core) => { core.sections[0]!.policyVersion += 1n; } })).toBe('POLICY_VERSION_MISMATCH');
  });

  it('a core of another suite than the contract’s is refused', () => {
    expect(refusal({ changeCore: (core) => { core.suite = SUITE_NAMES[1]; } })).toBe('UNKNOWN_SUITE');
  });

  it('a gated core of a contract without gated functions is refused', () => {
    expect(refusal({ changeCore: (core) => { core.gated = true; } })).toBe('TARGET_DATA_INCONSISTENT');
    consortium.setContractPolicy({ gatedFunctions: ['CloseAuction'] });
    expect(refusal({ changeCore: (core) => { core.gated = true; } })).toBeUndefined();
  });
});

describe('key epoch', () => {
  it('may be current or previous', () => {
    consortium.setEpoch(TEST_CONTRACT, 2n);
    expect(refusal({ keyEpoch: 1n })).toBeUndefined();
    expect(refusal({ keyEpoch: 2n })).toBeUndefined();
  });

  it('that the ledger does not hold is refused', () => {
    expect(refusal({ keyEpoch: 2n })).toBe('KEY_EPOCH_UNKNOWN');
  });

  it('older than the previous one is refused', () => {
    consortium.setEpoch(TEST_CONTRACT, 2n);
    consortium.setEpoch(TEST_CONTRACT, 3n);
    expect(refusal({ keyEpoch: 1n })).toBe('KEY_EPOCH_RETIRED');
  });

  it('that is revoked is refused', () => {
    consortium.state.setFact(facts.revokedEpoch(TEST_CONTRACT, 1n), Buffer.from('leaked'));
    expect(refusal()).toBe('KEY_EPOCH_REVOKED');
  });
});

describe('owner sets', () => {
  const foreign = { ownerSet: 'borealis', dataset: 'auroraStones' };
  const guard = { ...foreign, guardKey: new Uint8Array(32), kind: GuardKind.MEMBERSHIP };

  it.each<[string, NonNullable<TargetDataInput['changeCore']>]>([
    ['a write', (core) => { core.sections[0]!.writes[0]!.ownerSet = 'borealis'; }],
    ['a read', (core) => { core.sections[0]!.reads = [create(ReadEntrySchema, { ...foreign, ledgerKey: new Uint8Array(32) })]; }],
    ['a guard that is read', (core) => { core.sections[0]!.guardsRead = [create(GuardReadSchema, guard)]; }],
    ['a guard that is written', (core) => { core.sections[0]!.guardsWritten.push(create(GuardWriteSchema, guard)); }],
  ])('%s in a dataset of another owner set is refused', (_name, changeCore) => {
    expect(refusal({ writes: [{ dataset: 'auroraStones', key: 's1', value: '1' }], changeCore })).toBe('OWNER_SET_MISMATCH');
  });

  it('a dataset that the policy does not name is refused', () => {
    expect(refusal({ writes: [{ dataset: 'unknownStones', key: 's1', value: '1' }] })).toBe('OWNER_SET_MISMATCH');
  });
});

describe('what is not built yet is refused by name', () => {
  it('a dataset in plaintext mode', () => {
    consortium.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses', mode: StorageMode.PLAINTEXT }] });
    expect(refusal()).toBe('CHAINCODE_UNSUPPORTED');
  });

  it.each<[string, Partial<WriteEntry>]>([
    ['a purge of world state', { effect: { case: 'purge', value: true } }],
    ['an owner’s copy', { ownerCopyHash: new Uint8Array(32) }],
    ['a legacy key', { legacyKeyHash: new Uint8Array(32) }],
  ])('%s', (_name, change) => {
    expect(refusal({ changeCore: (core) => { Object.assign(core.sections[0]!.writes[0]!, change); } })).toBe('CHAINCODE_UNSUPPORTED');
  });
});
