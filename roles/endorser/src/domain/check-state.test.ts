import { create } from '@bufbuild/protobuf';
import { createTargetData, createTestConsortium, refusalCode, TEST_CONTRACT, type TargetDataInput, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { compareGuards, contentGuardKey, GuardKind, GuardWriteSchema, membershipGuardKey } from '@selvedge/protocol';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { verifyTargetData } from './verify-target-data.js';

const OLD = new Uint8Array(32).fill(1);
const NEW = new Uint8Array(32).fill(2);

let consortium: TestConsortium;
let node: TestComputeNode;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode();
});
afterEach(() => {
  consortium.restore();
});

const refuse = (input: Partial<TargetDataInput> = {}): void => {
  const targetData = createTargetData({ consortium, nodes: [node], ...input });
  verifyTargetData(targetData, { state: consortium.state, profile: consortium.profile, at: consortium.now });
};
const refusal = (input: Partial<TargetDataInput> = {}): string | undefined => refusalCode(() => { refuse(input); });
const ledgerKey = (dataset: string, key: string): Uint8Array => consortium.contractKeys.names.ledgerKey(dataset, key);
const tag = (dataset: string): Uint8Array => consortium.contractKeys.names.datasetTag(dataset, '');

describe('read set', () => {
  const reads = [{ key: 'stone-1', packetHash: OLD }];

  it('that is current passes', () => {
    consortium.state.setVersion(TEST_CONTRACT, 'houses', '', ledgerKey('', 'stone-1'), OLD);
    expect(refusal({ reads })).toBeUndefined();
  });

  it('with a value that has changed is refused, naming the ledger key and no secret', () => {
    consortium.state.setVersion(TEST_CONTRACT, 'houses', '', ledgerKey('', 'stone-1'), NEW);
    expect(refusal({ reads })).toBe('STALE_READ');
    expect(() => { refuse({ reads }); }).toThrow(Buffer.from(ledgerKey('', 'stone-1')).toString('hex'));
    expect(() => { refuse({ reads }); }).not.toThrow('stone-1');
  });

  it('with a value that is gone is refused', () => {
    expect(refusal({ reads })).toBe('STALE_READ');
  });

  it('with a key read as absent that is present now is refused', () => {
    consortium.state.setVersion(TEST_CONTRACT, 'houses', '', ledgerKey('', 'stone-1'), NEW);
    expect(refusal({ reads: [{ key: 'stone-1' }] })).toBe('STALE_READ');
  });
});

describe('guards that were read', () => {
  const read = (guardTxId: Uint8Array): Partial<TargetDataInput> => ({ setReads: [{ guardTxId }] });

  it('pass while nobody wrote them', () => {
    expect(refusal(read(new Uint8Array(0)))).toBeUndefined();
    consortium.state.setGuard(TEST_CONTRACT, 'houses', '', membershipGuardKey(tag('')), OLD);
    expect(refusal(read(OLD))).toBeUndefined();
  });

  it('are refused when they were written since', () => {
    consortium.state.setGuard(TEST_CONTRACT, 'houses', '', membershipGuardKey(tag('')), NEW);
    expect(refusal(read(OLD))).toBe('STALE_GUARD');
    expect(refusal(read(new Uint8Array(0)))).toBe('STALE_GUARD');
  });

  it('of a kind that the dataset does not keep are refused by name', () => {
    expect(refusal({ setReads: [{ objectType: 'all' }] })).toBe('CHAINCODE_UNSUPPORTED');
  });
});

describe('membership guards', () => {
  const dropGuards: Partial<TargetDataInput> = { changeCore: (core) => { core.sections[0]!.guardsWritten = []; } };

  it('are needed for a put of a key that was not read', () => {
    expect(refusal(dropGuards)).toBe('GUARD_MISSING');
  });

  it('are needed for a put of a key that was read as absent', () => {
    expect(refusal({ ...dropGuards, reads: [{ key: 'stone-1' }] })).toBe('GUARD_MISSING');
  });

  it('are needed for a delete, read or not', () => {
    consortium.state.setVersion(TEST_CONTRACT, 'houses', '', ledgerKey('', 'stone-1'), OLD);
    const input = { reads: [{ key: 'stone-1', packetHash: OLD }], writes: [{ key: 'stone-1' }] };
    expect(refusal({ ...dropGuards, ...input })).toBe('GUARD_MISSING');
    expect(refusal(input)).toBeUndefined();
  });

  it('are not needed for a put of a key that was read as present', () => {
    consortium.state.setVersion(TEST_CONTRACT, 'houses', '', ledgerKey('', 'stone-1'), OLD);
    expect(refusal({ ...dropGuards, reads: [{ key: 'stone-1', packetHash: OLD }] })).toBeUndefined();
  });

  it('are needed for every put where entries end by themselves', () => {
    consortium.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses' }, { name: 'auroraStones', ownerSet: 'aurora', blockToLive: 3n }] });
    consortium.state.setVersion(TEST_CONTRACT, 'aurora', 'auroraStones', ledgerKey('auroraStones', 's'), OLD);
    const input = { reads: [{ dataset: 'auroraStones', key: 's', packetHash: OLD }], writes: [{ dataset: 'auroraStones', key: 's', value: '1' }] };
    expect(refusal({ ...dropGuards, ...input })).toBe('GUARD_MISSING');
    const guardsWritten = [create(GuardWriteSchema, { ownerSet: 'aurora', dataset: 'auroraStones', guardKey: membershipGuardKey(tag('auroraStones')), kind: GuardKind.MEMBERSHIP })];
    expect(refusal({ ...input, changeCore: (core) => { core.sections[0]!.guardsWritten = guardsWritten; } })).toBeUndefined();
  });

  it('presence in another dataset does not count', () => {
    consortium.state.setVersion(TEST_CONTRACT, 'aurora', 'auroraStones', ledgerKey('', 'stone-1'), OLD);
    const changeReads: TargetDataInput['changeReads'] = (section) => {
      Object.assign(section.reads[0]!, { ownerSet: 'aurora', dataset: 'auroraStones' });
    };
    expect(refusal({ ...dropGuards, reads: [{ key: 'stone-1', packetHash: OLD }], changeReads })).toBe('GUARD_MISSING');
  });

  it('must be of the write’s own tag', () => {
    const other = membershipGuardKey(consortium.contractKeys.names.datasetTag('', 'stone'));
    expect(refusal({ changeCore: (core) => { core.sections[0]!.guardsWritten[0]!.guardKey = other; } })).toBe('GUARD_MISSING');
  });

  it('must be of the membership kind', () => {
    expect(refusal({ changeCore: (core) => { core.sections[0]!.guardsWritten[0]!.kind = GuardKind.CONTENT; } })).toBe('GUARD_MISSING');
  });

  it('that belong to no write are refused', () => {
    const stray = create(GuardWriteSchema, { ownerSet: 'houses', dataset: '', guardKey: new Uint8Array(32).fill(9), kind: GuardKind.MEMBERSHIP });
    expect(refusal({ changeCore: (core) => { core.sections[0]!.guardsWritten = [...core.sections[0]!.guardsWritten, stray].sort(compareGuards); } })).toBe('TARGET_DATA_INCONSISTENT');
  });
});

describe('content guards', () => {
  const keeping = (): void => {
    consortium.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses', contentGuard: true }, { name: 'auroraStones', ownerSet: 'houses', contentGuard: true }] });
  };
  const withContent = (key: Uint8Array | undefined): Partial<TargetDataInput> => ({
    changeCore: (core) => {
      const others = core.sections[0]!.guardsWritten.filter(({ kind }) => kind !== GuardKind.CONTENT);
      const own = key === undefined ? [] : [create(GuardWriteSchema, { ownerSet: 'houses', dataset: '', guardKey: key, kind: GuardKind.CONTENT })];
      core.sections[0]!.guardsWritten = [...others, ...own].sort(compareGuards);
    },
  });

  it('are needed for every write to a dataset that keeps one, of whatever object type', () => {
    keeping();
    expect(refusal(withContent(undefined))).toBe('GUARD_MISSING');
    const update: Partial<TargetDataInput> = { reads: [{ key: 'stone-1', packetHash: OLD }] };
    consortium.state.setVersion(TEST_CONTRACT, 'houses', '', ledgerKey('', 'stone-1'), OLD);
    expect(refusal({ ...update, ...withContent(undefined) })).toBe('GUARD_MISSING');
    expect(refusal({ ...withContent(undefined), writes: [{ key: '\x00stone\x00ruby\x00', value: '1' }] })).toBe('GUARD_MISSING');
    expect(refusal(withContent(contentGuardKey(TEST_CONTRACT, '')))).toBeUndefined();
    expect(refusal({ ...withContent(contentGuardKey(TEST_CONTRACT, '')), writes: [{ key: '\x00stone\x00ruby\x00', value: '1' }] })).toBeUndefined();
  });

  it('must be of the write’s own contract and dataset', () => {
    keeping();
    expect(refusal(withContent(contentGuardKey(TEST_CONTRACT, 'auroraStones')))).toBe('GUARD_MISSING');
    expect(refusal(withContent(contentGuardKey('rubies', '')))).toBe('GUARD_MISSING');
  });
});
