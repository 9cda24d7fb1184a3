import { create } from '@bufbuild/protobuf';
import { SUITE_NAMES, toHex } from '@selvedge/crypto';
import {
  createTargetData, createTestConsortium, refusalCode, TEST_CONTRACT,
  type CalledContractInput, type ContractPolicyInit, type TargetDataInput, type TestComputeNode, type TestConsortium, type TestContract,
} from '@selvedge/fixtures';
import { facts } from '@selvedge/policy';
import { DistinctBy, GuardKind, membershipGuardKey, ReadEntrySchema, StorageMode, type ContractSection } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { declareTargets } from './endorsement-payload.js';
import { verifyTargetData, type VerifiedTargetData } from './verify-target-data.js';

const OLD = new Uint8Array(32).fill(1);

let consortium: TestConsortium;
let node: TestComputeNode;
let bank: TestContract;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode({ binding: { nodeId: 'compute-1' } });
});
beforeEach(() => {
  bank = consortium.addContract('bank');
});
afterEach(() => {
  consortium.restore();
});

const WRITES = [{ dataset: 'auroraStones', key: 'account', value: '100' }];
const verify = (called: Partial<CalledContractInput> = {}, input: Partial<TargetDataInput> = {}): VerifiedTargetData => {
  const targetData = createTargetData({ consortium, nodes: [node], called: [{ contract: bank, writes: WRITES, ...called }], ...input });
  return verifyTargetData(targetData, { state: consortium.state, profile: consortium.profile, at: consortium.now });
};
const refusal = (called: Partial<CalledContractInput> = {}, input: Partial<TargetDataInput> = {}): string | undefined => refusalCode(() => verify(called, input));
const changed = (change: (section: ContractSection) => void): string | undefined => refusal({}, { changeCore: (core) => { change(core.sections[1]!); } });
/** Puts a changed policy of the called contract onto the ledger before target data is made under it. */
const withPolicy = (change: ContractPolicyInit): void => {
  bank = consortium.addContract('bank', change);
};

describe('target data of two contracts', () => {
  it('passes, declares the owners of both by contract, and rests on the facts of both', () => {
    const { targetData, rules, factReads } = verify();
    expect(declareTargets(targetData.cores, rules)).toEqual([
      { contract: 'bank', ownerSet: 'aurora', owners: ['AuroraMSP'] },
      { contract: TEST_CONTRACT, ownerSet: 'houses', owners: ['AuroraMSP', 'BorealisMSP', 'CelestaMSP'] },
    ]);
    for (const name of ['bank', TEST_CONTRACT]) for (const key of [facts.contract(name), facts.epoch(name, 1n), facts.epoch(name, 3n), facts.revokedEpoch(name, 1n)]) expect(factReads.map((read) => read.key)).toContain(key);
  });

  it('keeps sections in one order', () => {
    const other = consortium.addContract('assay');
    const both = [{ contract: other }, { contract: bank }];
    expect(refusal({}, { called: both })).toBeUndefined();
    expect(refusal({}, { called: [...both].reverse() })).toBe('MALFORMED_MESSAGE');
    expect(refusal({}, { called: [{ contract: bank }, { contract: bank }] })).toBe('MALFORMED_MESSAGE');
    expect(refusal({}, { called: [{ contract: { policy: consortium.contractPolicy, keys: consortium.contractKeys } }] })).toBe('MALFORMED_MESSAGE');
  });
});

describe('every check holds for the called contract’s section alone', () => {
  it('contract, code, policy version and suite', () => {
    consortium.state.setFact(facts.contract('bank'), undefined);
    expect(refusal()).toBe('CONTRACT_UNKNOWN');
    withPolicy({});
    expect(changed((section) => { section.codeHash = new Uint8Array(32); })).toBe('CODE_HASH_MISMATCH');
    expect(changed((section) => { section.policyVersion += 1n; })).toBe('POLICY_VERSION_MISMATCH');
    withPolicy({ suite: SUITE_NAMES[1] });
    expect(refusal({ writes: [] })).toBe('UNKNOWN_SUITE');
  });

  it('key epoch: known, not retired, not revoked', () => {
    expect(refusal({ keyEpoch: 2n })).toBe('KEY_EPOCH_UNKNOWN');
    consortium.setEpoch('bank', 2n);
    expect(refusal({ keyEpoch: 2n })).toBeUndefined();
    consortium.setEpoch('bank', 3n);
    expect(refusal({ keyEpoch: 1n })).toBe('KEY_EPOCH_RETIRED');
    consortium.state.setFact(facts.revokedEpoch('bank', 2n), Buffer.from('lost'));
    expect(refusal({ keyEpoch: 2n })).toBe('KEY_EPOCH_REVOKED');
  });

  it('the compute nodes that it is assigned to, and how many', async () => {
    withPolicy({ keyAccess: [{ role: 'compute', operatorMspId: 'NorthMSP', nodeIds: ['compute-2'] }] });
    expect(refusal()).toBe('KEY_ACCESS_DENIED');
    withPolicy({ computeQuorum: 2, distinctBy: DistinctBy.PLATFORM });
    expect(refusal()).toBe('COMPUTE_QUORUM_NOT_MET');
    const second = await consortium.issueComputeNode({ binding: { nodeId: 'compute-2', platformId: new Uint8Array(32).fill(9) } });
    expect(refusal({}, { nodes: [node, second] })).toBeUndefined();
  });

  it('owner sets and storage modes', () => {
    expect(changed((section) => { section.writes[0]!.ownerSet = 'houses'; })).toBe('OWNER_SET_MISMATCH');
    withPolicy({ datasets: [{ name: '', ownerSet: 'houses' }, { name: 'auroraStones', ownerSet: 'aurora', mode: StorageMode.PLAINTEXT }] });
    expect(refusal()).toBe('OWNER_COPY_MISMATCH');
  });

  it('read set, in its own namespace', () => {
    const ledgerKey = bank.keys.names.ledgerKey('', 'k');
    expect(refusal({ reads: [{ key: 'k', packetHash: OLD }] })).toBe('STALE_READ');
    consortium.state.setVersion(TEST_CONTRACT, 'houses', '', ledgerKey, OLD);
    expect(refusal({ reads: [{ key: 'k', packetHash: OLD }] })).toBe('STALE_READ');
    consortium.state.setVersion('bank', 'houses', '', ledgerKey, OLD);
    expect(refusal({ reads: [{ key: 'k', packetHash: OLD }] })).toBeUndefined();
    expect(refusal({ reads: [{ key: 'k' }] })).toBe('STALE_READ');
  });

  it('guards read, in its own namespace', () => {
    const guardKey = membershipGuardKey(bank.keys.names.datasetTag('', ''));
    const query = (input: Partial<TargetDataInput> = {}): string | undefined => refusal({ setReads: [{ guardTxId: OLD }] }, input);
    expect(query()).toBe('STALE_GUARD');
    consortium.state.setGuard(TEST_CONTRACT, 'houses', '', guardKey, OLD);
    expect(query()).toBe('STALE_GUARD');
    consortium.state.setGuard('bank', 'houses', '', guardKey, OLD);
    expect(query()).toBeUndefined();
    // Statements of the invoked contract's set say nothing of the called one's.
    const foreign = createTargetData({ consortium, nodes: [node], setReads: [{ guardTxId: OLD }] }).attachments!.statements;
    expect(query({ changeSigned: (data) => { data.attachments!.statements = []; } })).toBe('SET_DIGEST_INVALID');
    expect(query({ changeSigned: (data) => { data.attachments!.statements = foreign; } })).toBe('SET_DIGEST_INVALID');
  });

  it('guards written: none missing, none of another contract', () => {
    expect(changed((section) => { section.guardsWritten = []; })).toBe('GUARD_MISSING');
    // A key that the first contract has read as present says nothing of the second one's.
    const shared = { ownerSet: 'aurora', dataset: 'auroraStones', ledgerKey: bank.keys.names.ledgerKey('auroraStones', 'account'), packetHash: OLD };
    consortium.state.setVersion(TEST_CONTRACT, 'aurora', 'auroraStones', shared.ledgerKey, OLD);
    const borrowed = refusal({}, {
      changeReads: (section) => { if (section.contract === TEST_CONTRACT) section.reads = [create(ReadEntrySchema, shared)]; },
      changeCore: (core) => { core.sections[1]!.guardsWritten = []; },
    });
    expect(borrowed).toBe('GUARD_MISSING');
    const foreign = refusal({}, { changeCore: (core) => { core.sections[1]!.guardsWritten.push(...core.sections[0]!.guardsWritten); } });
    expect(foreign).toBe('TARGET_DATA_INCONSISTENT');
    withPolicy({ datasets: [{ name: '', ownerSet: 'houses' }, { name: 'auroraStones', ownerSet: 'aurora', contentGuard: true }] });
    expect(refusal()).toBeUndefined();
    expect(changed((section) => { section.guardsWritten = section.guardsWritten.filter(({ kind }) => kind !== GuardKind.CONTENT); })).toBe('GUARD_MISSING');
  });

  it('packets: under its own name, key epoch and read set', () => {
    expect(refusal({ packetHeader: { contract: TEST_CONTRACT } })).toBe('TARGET_DATA_INCONSISTENT');
    expect(refusal({ packetHeader: { keyEpoch: 2n } })).toBe('TARGET_DATA_INCONSISTENT');
    expect(refusal({ packetHeader: { readSetDigest: OLD } })).toBe('TARGET_DATA_INCONSISTENT');
    const withoutLast = refusal({}, { changeSigned: (data) => { data.attachments!.packets.pop(); } });
    expect(withoutLast).toBe('PACKET_MISMATCH');
  });

  it('a packet of one contract does not stand for another’s write', () => {
    const input: Partial<TargetDataInput> = {
      changeCore: (core) => {
        const [first, second] = core.sections as [ContractSection, ContractSection];
        second.writes[0]!.effect = { ...first.writes[0]!.effect };
      },
      changeSigned: (data) => { data.attachments!.packets.pop(); },
    };
    expect(refusal({}, input)).toBe('TARGET_DATA_INCONSISTENT');
  });

  it('events are the invoked contract’s', () => {
    const event = { name: 'Sold', payload: 'p' };
    expect(refusal({}, { event })).toBeUndefined();
    const moved = (both: boolean): string | undefined => refusal({}, {
      event,
      changeCore: (core) => {
        const [first, second] = core.sections as [ContractSection, ContractSection];
        second.sealedEventHash = first.sealedEventHash;
        if (!both) first.sealedEventHash = new Uint8Array(0);
      },
    });
    expect([moved(true), moved(false)]).toEqual(['TARGET_DATA_INCONSISTENT', 'TARGET_DATA_INCONSISTENT']);
    expect(refusal({}, { event, eventHeader: { contract: 'bank' }, changeCore: (core) => { core.sections[1]!.sealedEventHash = core.sections[0]!.sealedEventHash; core.sections[0]!.sealedEventHash = new Uint8Array(0); } })).toBe('TARGET_DATA_INCONSISTENT');
  });

  it('a gated core needs a gated function in one of them', () => {
    const gated = { changeCore: (core: { gated: boolean }) => { core.gated = true; } };
    expect(refusal({}, gated)).toBe('TARGET_DATA_INCONSISTENT');
    withPolicy({ gatedFunctions: ['Close'] });
    expect(refusal({}, gated)).toBeUndefined();
  });
});

it('the same names of keys, datasets and owner sets in two contracts are two places', () => {
  const { targetData } = verify({ writes: [{ key: 'stone-1', value: 'carat 0.31' }] });
  const [first, second] = targetData.core.sections as [ContractSection, ContractSection];
  expect(first.writes[0]!.ownerSet).toBe(second.writes[0]!.ownerSet);
  expect(toHex(first.writes[0]!.ledgerKey)).not.toBe(toHex(second.writes[0]!.ledgerKey));
});
