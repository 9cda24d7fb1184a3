import { sha256 } from '@selvedge/crypto';
import { createTargetData, createTestConsortium, joinTargetData, refusalCode, TEST_CONTRACT, type TargetDataInput, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { createItemMask, isDropped, maskItems, membershipGuardKey, parseCore, parseCores, ValidationCode, type TargetData } from '@selvedge/protocol';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findStaleItems } from './find-stale-items.js';
import { verifyTargetData, type VerifiedTargetData } from './verify-target-data.js';

let consortium: TestConsortium;
let node: TestComputeNode;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode();
});
afterEach(() => {
  consortium.restore();
});

const OLD = new Uint8Array(32).fill(1);
const NEW = new Uint8Array(32).fill(2);
const item = (input: Partial<TargetDataInput> = {}): TargetData => createTargetData({ consortium, nodes: [node], ...input });
const packetHash = ({ attachments }: TargetData): Uint8Array => sha256(attachments!.packets[0]!);
const ledgerKey = (key: string): Uint8Array => consortium.contractKeys.names.ledgerKey('', key);
const stand = (key: string, version: Uint8Array): void => { consortium.state.setVersion(TEST_CONTRACT, 'houses', '', ledgerKey(key), version); };
const verify = (targetData: TargetData): VerifiedTargetData => verifyTargetData(targetData, { state: consortium.state, profile: consortium.profile, at: consortium.now });
const refusal = (targetData: TargetData): string | undefined => refusalCode(() => verify(targetData));
const masked = (targetData: TargetData, ...dropped: number[]): TargetData => maskItems(targetData, targetData.cores.map(parseCore), new Set(dropped));
const staleOf = (targetData: TargetData): number[] => {
  const { cores, itemMask } = targetData;
  return [...findStaleItems(parseCores(cores, itemMask), itemMask, consortium.state)].sort((a, b) => a - b);
};

/** stone-1 is written twice, the second time on the first; stone-2 by an item that rests on nobody's. */
function chain(): { readonly items: readonly TargetData[]; readonly batch: TargetData } {
  const first = item({ reads: [{ key: 'stone-1', packetHash: OLD }], writes: [{ key: 'stone-1', value: '1' }] });
  const second = item({ reads: [{ key: 'stone-1', packetHash: packetHash(first) }], writes: [{ key: 'stone-1', value: '2' }] });
  const third = item({ writes: [{ key: 'stone-2', value: '3' }, { dataset: 'auroraStones', key: 'a', value: '4' }], event: { name: 'sold', payload: 'stone-2' } });
  const items = [first, second, third];
  return { items, batch: joinTargetData([node], items) };
}

describe('a batch', () => {
  it('is checked item after item over what the ones before write, and declares the targets of all', () => {
    stand('stone-1', OLD);
    const { targetData, rules } = verify(chain().batch);
    expect(targetData.cores).toHaveLength(3);
    expect([...rules.keys()]).toEqual([TEST_CONTRACT]);
  });

  it('is refused whole when any kept item fails any check', () => {
    stand('stone-1', OLD);
    const { items } = chain();
    const bad = (change: Partial<TargetDataInput>): TargetData => joinTargetData([node], [...items, item({ writes: [{ key: 'stone-3', value: '5' }], ...change })]);
    expect(refusal(bad({}))).toBeUndefined();
    expect(refusal(bad({ reads: [{ key: 'stone-9', packetHash: OLD }] }))).toBe('STALE_READ');
    expect(refusal(bad({ setReads: [{ guardTxId: OLD }] }))).toBe('STALE_GUARD');
    expect(refusal(bad({ changeCore: (core) => { core.network = 'other'; } }))).toBe('WRONG_NETWORK');
    expect(refusal(bad({ changeCore: (core) => { core.channel = 'other'; } }))).toBe('WRONG_CHANNEL');
    expect(refusal(bad({ changeCore: (core) => { core.suite = 'other'; } }))).toBe('UNKNOWN_SUITE');
    expect(refusal(bad({ changeCore: (core) => { core.sections[0]!.codeHash = NEW; } }))).toBe('CODE_HASH_MISMATCH');
    expect(refusal(bad({ changeCore: (core) => { core.gated = true; } }))).toBe('TARGET_DATA_INCONSISTENT');
    expect(refusal(bad({ changeCore: (core) => { core.sections[0]!.guardsWritten = []; } }))).toBe('GUARD_MISSING');
    expect(refusal(bad({ packetHeader: { txId: NEW } }))).toBe('TARGET_DATA_INCONSISTENT');
    expect(refusal(bad({ event: { name: 'e', payload: 'p' }, eventHeader: { txId: NEW } }))).toBe('TARGET_DATA_INCONSISTENT');
    const used = new Uint8Array(32).fill(9);
    consortium.state.setResult(used, ValidationCode.MVCC_READ_CONFLICT);
    expect(refusal(bad({ txId: used }))).toBe('DUPLICATE_TXID');
  });

  it('needs one signature over the root of all cores: single signatures, one item more or another order will not do', () => {
    stand('stone-1', OLD);
    const { items, batch } = chain();
    const signatures = { teeSignatures: batch.attachments!.teeSignatures };
    const two = joinTargetData([node], items.slice(0, 2));
    expect(refusal({ ...batch, attachments: { ...batch.attachments!, teeSignatures: items[0]!.attachments!.teeSignatures } })).toBe('TEE_SIGNATURE_INVALID');
    expect(refusal({ ...two, attachments: { ...two.attachments!, ...signatures } })).toBe('TEE_SIGNATURE_INVALID');
    expect(refusal({ ...batch, cores: [batch.cores[2]!, batch.cores[0]!, batch.cores[1]!] })).toBe('TEE_SIGNATURE_INVALID');
  });

  it('whose later item comes before the one it rests on is refused', () => {
    stand('stone-1', OLD);
    const [first, second] = chain().items as [TargetData, TargetData];
    expect(refusal(joinTargetData([node], [second, first]))).toBe('STALE_READ');
  });

  it('may share the statements of a set that several items query, and is refused where an item writes between', () => {
    const tag = consortium.contractKeys.names.datasetTag('', '');
    const guard = new Uint8Array(32).fill(5);
    consortium.state.setGuard(TEST_CONTRACT, 'houses', '', membershipGuardKey(tag), guard);
    const query = (key: string): TargetData => item({ setReads: [{ guardTxId: guard }], writes: [{ dataset: 'auroraStones', key, value: '1' }] });
    expect(refusal(joinTargetData([node], [query('a'), query('b')]))).toBeUndefined();
    const insert = item({ writes: [{ key: 'stone-7', value: '1' }] });
    expect(refusal(joinTargetData([node], [query('a'), insert]))).toBeUndefined();
    expect(refusal(joinTargetData([node], [insert, query('a')]))).toBe('STALE_GUARD');
  });
});

describe('an item mask', () => {
  it('leaves an item out, with its packets and events; what remains is checked without it', () => {
    stand('stone-1', NEW);
    const { batch } = chain();
    expect(refusal(batch)).toBe('STALE_READ');
    const { targetData } = verify(masked(batch, 0, 1));
    expect(targetData.cores).toHaveLength(1);
    expect(targetData.coreBytes).toHaveLength(3);
  });

  it('that drops an item without its dependents is refused', () => {
    stand('stone-1', OLD);
    expect(refusal(masked(chain().batch, 0))).toBe('STALE_READ');
    expect(refusal(masked(chain().batch, 1))).toBeUndefined();
  });

  it('does not let a dropped item’s packet or event pass', () => {
    stand('stone-1', OLD);
    const { batch } = chain();
    const dropped = masked(batch, 2);
    expect(refusal({ ...dropped, attachments: { ...dropped.attachments!, packets: batch.attachments!.packets } })).toBe('PACKET_MISMATCH');
    expect(refusal({ ...dropped, attachments: { ...dropped.attachments!, sealedEvents: batch.attachments!.sealedEvents } })).toBe('PACKET_MISMATCH');
  });
});

describe('stale items', () => {
  it('are those whose reads do not stand, and what rests on them', () => {
    stand('stone-1', OLD);
    expect(staleOf(chain().batch)).toEqual([]);
    stand('stone-1', NEW);
    expect(staleOf(chain().batch)).toEqual([0, 1]);
    expect(staleOf(masked(chain().batch, 2))).toEqual([0, 1, 2]);
  });

  it('are counted with those that are dropped already, whose dependents are stale', () => {
    stand('stone-1', OLD);
    const { batch } = chain();
    expect(staleOf(masked(batch, 0))).toEqual([0, 1]);
    expect(isDropped(createItemMask(staleOf(masked(batch, 0))), 1)).toBe(true);
  });

  it('are those whose guards or key policies have changed, too', () => {
    const guarded = joinTargetData([node], [item({ setReads: [{ guardTxId: OLD }], writes: [{ dataset: 'auroraStones', key: 'a', value: '1' }] }), item({ writes: [{ key: 'b', value: '1' }] })]);
    expect(staleOf(guarded)).toEqual([0]);
    const policy = joinTargetData([node], [item({ writes: [{ key: 'b', value: '1' }] }), item({ writes: [{ key: 'c', value: '1' }], changeCore: (core) => { core.sections[0]!.keyPolicyReads = [{ $typeName: 'selvedge.v1.KeyPolicyRead', ownerSet: 'houses', dataset: '', ledgerKey: ledgerKey('c'), policy: OLD }]; } })]);
    expect(staleOf(policy)).toEqual([1]);
  });
});
