import { SUITE_NAMES } from '@selvedge/crypto';
import { createTargetData, createTestConsortium, refusalCode, TEST_CONTRACT, type TargetDataInput, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { encodeContractNames, facts, type ContractNames } from '@selvedge/policy';
import { create } from '@bufbuild/protobuf';
import { GuardKind, GuardReadSchema, GuardWriteSchema, NamesInUseSchema, ReadEntrySchema, type WriteEntry } from '@selvedge/protocol';
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

describe('names', () => {
  const COPYING = { phase: 'copying', current: 1n, other: 2n, former: [], newest: 2n, commitments: [new Uint8Array(1)] } as const;
  const set = (names: ContractNames): void => { consortium.state.setFact(facts.nameKeys(TEST_CONTRACT), encodeContractNames(names)); };
  const executed = (names: { readonly current: bigint; readonly other?: bigint; readonly clearing?: boolean }, nameKeyEpoch = names.current === 1n ? 0n : names.current): string | undefined =>
    refusal({ packetHeader: { nameKeyEpoch }, changeCore: (core) => { core.sections[0]!.names = create(NamesInUseSchema, names); } });

  it('of now are those that it was executed under', () => {
    expect(executed({ current: 1n })).toBeUndefined();
    expect(executed({ current: 2n })).toBe('NAME_KEYS_CHANGED');
    set({ ...COPYING, phase: 'settled', current: 2n, other: undefined, former: [1n] });
    expect(refusal()).toBe('NAME_KEYS_CHANGED');
    expect(executed({ current: 1n })).toBe('NAME_KEYS_CHANGED');
    expect(executed({ current: 2n })).toBeUndefined();
    expect(executed({ current: 2n }, 0n)).toBe('TARGET_DATA_INCONSISTENT');
  });

  it('that are migrated are written by the migration alone, in its present phase', () => {
    set(COPYING);
    expect(refusal()).toBe('CONTRACT_MIGRATING');
    expect(executed({ current: 1n })).toBe('CONTRACT_MIGRATING');
    expect(executed({ current: 1n, other: 2n }, 2n)).toBeUndefined();
    expect(executed({ current: 1n, other: 2n }, 0n)).toBe('TARGET_DATA_INCONSISTENT');
    expect(executed({ current: 1n, other: 2n, clearing: true })).toBe('NAME_KEYS_CHANGED');
    set({ ...COPYING, phase: 'clearing', current: 2n, other: 1n, former: [1n] });
    expect(executed({ current: 1n, other: 2n }, 2n)).toBe('NAME_KEYS_CHANGED');
    expect(executed({ current: 2n })).toBe('CONTRACT_MIGRATING');
    expect(executed({ current: 2n, other: 1n, clearing: true }, 2n)).toBeUndefined();
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
  it.each<[string, Partial<WriteEntry>]>([
    ['a purge of world state', { effect: { case: 'purge', value: true } }],
  ])('%s', (_name, change) => {
    expect(refusal({ changeCore: (core) => { Object.assign(core.sections[0]!.writes[0]!, change); } })).toBe('CHAINCODE_UNSUPPORTED');
  });
});
