import { sha256 } from '@selvedge/crypto';
import { isSelvedgeError } from '@selvedge/errors';
import { createTargetData, joinTargetData, type TargetDataInput, type TestComputeNode, type TestConsortium, createTestConsortium } from '@selvedge/fixtures';
import { LIMITS, type TargetData } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EndorserState } from '../ports.js';
import { verifyTargetData } from './verify-target-data.js';

const [dataset, key] = ['oldStones', 'stone-1'];
const [value, other, nothing] = [sha256(Buffer.from('1')), sha256(Buffer.from('2')), new Uint8Array(0)];
let consortium: TestConsortium;
let node: TestComputeNode;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode();
});
beforeEach(() => {
  consortium.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses' }, { name: dataset, ownerSet: 'houses', takesOver: true }] });
});
afterEach(() => {
  consortium.restore();
});

/** The ledger, with what the old collection has under the key. */
const stateWith = (legacy: Uint8Array | undefined): EndorserState => {
  const state: EndorserState = consortium.state;
  return new Proxy(state, { get: (target, name) => (name === 'legacyHash' ? (contract: string, collection: string, hash: Uint8Array) => (contract === consortium.contract && collection === dataset && Buffer.from(hash).equals(sha256(Buffer.from(key))) ? legacy : undefined) : Reflect.get(target, name) as unknown) });
};
const verify = (targetData: TargetData, state: EndorserState): string => {
  try {
    verifyTargetData(targetData, { state, profile: consortium.profile, at: consortium.now });
    return 'endorsed';
  } catch (error) {
    return isSelvedgeError(error) ? error.code : String(error);
  }
};
const targetDataOf = (input: Partial<TargetDataInput>): TargetData => createTargetData({ consortium, nodes: [node], writes: [], ...input });
const verdict = (input: Partial<TargetDataInput>, legacy: Uint8Array | null = value): string => verify(targetDataOf(input), stateWith(legacy ?? undefined));
const first = { dataset, key, value: '2', isFirst: true };
const read = { dataset, key, legacyValueHash: value };

describe('a dataset that takes a collection over', () => {
  it('has its legacy entries read, and removed by a first write of any kind', () => {
    expect(verdict({ reads: [read] })).toBe('endorsed');
    expect(verdict({ reads: [read], writes: [first] })).toBe('endorsed');
    expect(verdict({ writes: [first] })).toBe('endorsed');
    expect(verdict({ reads: [read], writes: [{ dataset, key, isFirst: true }] })).toBe('endorsed');
    expect(verdict({ reads: [{ dataset, key, legacyValueHash: nothing }], writes: [first] }, null)).toBe('endorsed');
  });

  it.each<[string, Uint8Array | null, Uint8Array]>([
    ['has another value', other, value],
    ['is gone', null, value],
    ['is there, and was read as absent', value, nothing],
  ])('is refused when the entry %s', (_what, current, legacyValueHash) => {
    expect(verdict({ reads: [{ dataset, key, legacyValueHash }], writes: [first] }, current)).toBe('STALE_READ');
  });

  it('never leaves a key with both: a write names the legacy entry, or has read the packet', () => {
    const packetHash = sha256(Buffer.from('packet'));
    consortium.state.setVersion(consortium.contract, 'houses', dataset, consortium.contractKeys.names.ledgerKey(dataset, key), packetHash);
    expect(verdict({ reads: [{ dataset, key, packetHash }], writes: [{ dataset, key, value: '2' }] })).toBe('endorsed');
    expect(verdict({ reads: [{ dataset, key, packetHash }], writes: [first] })).toBe('LEGACY_ENTRY_MISMATCH');
    expect(verdict({ writes: [{ dataset, key, value: '2' }] })).toBe('LEGACY_ENTRY_MISMATCH');
    expect(verdict({ writes: [{ dataset, key }] })).toBe('LEGACY_ENTRY_MISMATCH');
  });

  it('has the legacy entry purged with each purge, a packet or not', () => {
    const packetHash = sha256(Buffer.from('packet'));
    consortium.state.setVersion(consortium.contract, 'houses', dataset, consortium.contractKeys.names.ledgerKey(dataset, key), packetHash);
    const changeCore: TargetDataInput['changeCore'] = ({ sections: [section] }) => { section!.writes[0]!.effect = { case: 'purge', value: true }; };
    const purge = { dataset, key, isFirst: true };
    expect(verdict({ writes: [purge], changeCore })).toBe('endorsed');
    expect(verdict({ reads: [{ dataset, key, packetHash }], writes: [purge], changeCore })).toBe('endorsed');
    expect(verdict({ reads: [{ dataset, key, packetHash }], writes: [{ dataset, key }], changeCore })).toBe('LEGACY_ENTRY_MISMATCH');
  });

  it('has nothing read as absent without its legacy entry', () => {
    expect(verdict({ reads: [{ dataset, key }] })).toBe('LEGACY_ENTRY_MISMATCH');
  });

  it('has one legacy key for each key', () => {
    const changeReads: TargetDataInput['changeReads'] = (section) => { section.reads[0]!.legacyKeyHash = sha256(Buffer.from('stone-2')); };
    const changeSigned = (targetData: TargetData): void => { targetData.attachments!.legacyKeys = [Buffer.from('stone-1'), Buffer.from('stone-2')]; };
    expect(verdict({ reads: [{ ...read, legacyValueHash: nothing }], writes: [first], changeReads, changeSigned })).toBe('LEGACY_ENTRY_MISMATCH');
  });

  it('has no key-level policies, and no part in batches', () => {
    expect(verdict({ writes: [{ ...first, keyPolicy: new Uint8Array(0) }] })).toBe('CHAINCODE_UNSUPPORTED');
    const batch = joinTargetData([node], [targetDataOf({ reads: [read] }), targetDataOf({ writes: [{ key: 's', value: '1' }] })]);
    expect(verify(batch, stateWith(value))).toBe('CHAINCODE_UNSUPPORTED');
  });

  it('is refused by name on a ledger without collections of others', () => {
    expect(verify(targetDataOf({ reads: [read] }), consortium.state)).toBe('CHAINCODE_UNSUPPORTED');
  });
});

describe('a dataset that takes nothing over', () => {
  it.each<[string, Partial<TargetDataInput>]>([
    ['read', { reads: [{ key, legacyValueHash: value }] }],
    ['written', { writes: [{ key, value: '1', isFirst: true }] }],
  ])('names no legacy entry when it is %s', (_what, input) => {
    expect(verdict(input)).toBe('LEGACY_ENTRY_MISMATCH');
  });
});

describe('names of legacy keys', () => {
  const withNames = (...names: Uint8Array[]): string => verdict({ reads: [read], changeSigned: (targetData) => { targetData.attachments!.legacyKeys = names; } });
  const name = Buffer.from(key);

  it.each<[string, Uint8Array[], string]>([
    ['are missing', [], 'LEGACY_ENTRY_MISMATCH'],
    ['are of another key', [Buffer.from('stone-2')], 'LEGACY_ENTRY_MISMATCH'],
    ['tell more than is needed', [name, Buffer.from('stone-2')], 'LEGACY_ENTRY_MISMATCH'],
    ['come twice', [name, name], 'MALFORMED_MESSAGE'],
    ['are not in order', [Buffer.from('stone-2'), name], 'MALFORMED_MESSAGE'],
    ['are empty', [nothing], 'MALFORMED_MESSAGE'],
    ['are no text', [Buffer.of(0xff)], 'MALFORMED_MESSAGE'],
    ['are too long', [Buffer.alloc(LIMITS.maxLegacyKeyBytes + 1, 'k')], 'LIMIT_EXCEEDED'],
    ['are too many', Array.from({ length: LIMITS.maxSectionEntries + 1 }, () => name), 'LIMIT_EXCEEDED'],
  ])('are refused when they %s', (_what, names, code) => {
    expect(withNames(...names)).toBe(code);
  });
});
