import { sha256, toHex } from '@selvedge/crypto';
import { createTargetData, createTestConsortium, joinTargetData, TEST_CONTRACT, type TargetDataInput, type TestConsortium } from '@selvedge/fixtures';
import { createFabricEndorsed, type FabricCollection, type FabricEndorsed } from '@selvedge/fixtures/fabric';
import { maskItems, membershipGuardKey, parseCore, ValidationCode, type TargetData } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blockWith, stateOf, withNamespace, type TestFabricState } from '../testdata/fabric-ledger.js';
import { judgeFabricBlock } from './judge-block.js';
import type { FabricVerdict } from './judge-transaction.js';
import { entryKeyHash, guardKeyHash, markerKeyHash, placeText } from './key-hashes.js';

const [VALID, CONFLICT] = [0, 11];
const OLD = new Uint8Array(32).fill(1);

let consortium: TestConsortium;
let state: TestFabricState;
beforeAll(async () => {
  consortium = await createTestConsortium();
});
beforeEach(() => {
  state = stateOf(consortium);
  stand('stone-1', OLD);
});
afterEach(() => {
  consortium.restore();
});

const ledgerKey = (key: string): Uint8Array => consortium.contractKeys.names.ledgerKey('', key);
function stand(key: string, version: Uint8Array): void {
  state.entries.set(placeText(TEST_CONTRACT, 'selvedge_houses', entryKeyHash(ledgerKey(key))), version);
}
const item = (input: Partial<TargetDataInput> = {}): TargetData => createTargetData({ consortium, nodes: [], ...input });
const hashOf = ({ attachments }: TargetData): Uint8Array => sha256(attachments!.packets[0]!);
const idOf = ({ cores: [core] }: TargetData): Uint8Array => parseCore(core!).txId;
async function verdictOf(transaction: FabricEndorsed, flag = VALID): Promise<FabricVerdict> {
  const context = { channel: consortium.channel, policyChaincode: 'selvedge-policy', state, profile: consortium.profile };
  return (await judgeFabricBlock(blockWith(consortium.channel, [transaction, flag]), context)).verdicts[0]!;
}
/** The second item rests on the first, the third on none of them. */
function chain(third: Partial<TargetDataInput> = {}): readonly [TargetData, TargetData, TargetData] {
  const first = item({ reads: [{ key: 'stone-1', packetHash: OLD }], writes: [{ key: 'stone-1', value: '1' }] });
  const second = item({ reads: [{ key: 'stone-1', packetHash: hashOf(first) }], writes: [{ key: 'stone-1', value: '2' }] });
  return [first, second, item({ writes: [{ key: 'stone-2', value: '3' }], ...third })];
}
const endorsed = (targetData: TargetData): FabricEndorsed => createFabricEndorsed(consortium, targetData);
const changed = (targetData: TargetData, change: (collection: FabricCollection) => FabricCollection): FabricEndorsed =>
  withNamespace(endorsed(targetData), (namespace) => ({ ...namespace, collections: (namespace.collections ?? []).map(change) }));

describe('a batch in a block', () => {
  it('gives every item the verdict, and each key what its last item wrote', async () => {
    const items = chain();
    const verdict = await verdictOf(endorsed(joinTargetData([], items)));
    expect([verdict.code, verdict.mismatch, verdict.txIds.map(toHex)]).toEqual([ValidationCode.VALID, undefined, items.map((each) => toHex(idOf(each)))]);
    const written = verdict.entries.filter(({ write }) => write !== undefined);
    expect(written.map(({ valueHash, made }) => [toHex(valueHash!), toHex(made!.txId)])).toEqual([items[1], items[2]].map((each) => [toHex(hashOf(each)), toHex(idOf(each))]));
    expect(verdict.entries.filter(({ guardTxId }) => guardTxId !== undefined).map(({ guardTxId }) => toHex(guardTxId!))).toEqual([toHex(idOf(items[2]))]);
  });

  it('gives dropped items none', async () => {
    const items = chain();
    const batch = joinTargetData([], items);
    const verdict = await verdictOf(endorsed(maskItems(batch, batch.cores.map(parseCore), new Set([0, 1]))));
    expect([verdict.mismatch, verdict.txIds.map(toHex)]).toEqual([undefined, [toHex(idOf(items[2]))]]);
  });

  it('is told apart from what its response does not say: a marker less, an earlier item’s packet, a read that was not made', async () => {
    const items = chain();
    const batch = joinTargetData([], items);
    const marker = toHex(idOf(items[1]));
    const unmarked = await verdictOf(changed(batch, (collection) => ({ ...collection, writes: (collection.writes ?? []).filter(({ key }) => key !== marker) })));
    expect([unmarked.mismatch, unmarked.txIds]).toEqual(['the response names a write that was not made', []]);
    const earlier = await verdictOf(changed(batch, (collection) => ({ ...collection, writes: (collection.writes ?? []).map((write) => (write.key === `d${toHex(ledgerKey('stone-1'))}` ? { ...write, value: items[0].attachments!.packets[0]! } : write)) })));
    expect(earlier.mismatch).toBe('a write differs from the response');
    const unread = await verdictOf(changed(batch, (collection) => ({ ...collection, reads: (collection.reads ?? []).filter(({ key }) => key !== marker) })));
    expect(unread.mismatch).toBe('the response names a read that was not made');
    const withoutRead = await verdictOf(changed(batch, (collection) => ({ ...collection, reads: (collection.reads ?? []).filter(({ key }) => !key.startsWith(`d${toHex(ledgerKey('stone-1'))}`)) })));
    expect(withoutRead.mismatch).toBe('the response names a read that was not made');
  });

  it('is a mismatch where its items cannot be one transaction’s', async () => {
    const purge = item({ writes: [{ key: 'p' }], changeCore: (core) => { core.sections[0]!.writes[0]!.effect = { case: 'purge', value: true }; } });
    const verdict = await verdictOf(endorsed(joinTargetData([], [purge, item({ writes: [{ key: 'p', value: '1' }] })])));
    expect(verdict.mismatch).toBe('an item writes a key that an earlier one purges');
  });
});

describe('a conflict of a batch', () => {
  it('is a duplicate where any item’s marker is there', async () => {
    const items = chain();
    state.entries.set(placeText(TEST_CONTRACT, 'selvedge-marker', markerKeyHash(idOf(items[2]))), sha256(Uint8Array.of(1)));
    const verdict = await verdictOf(endorsed(joinTargetData([], items)), CONFLICT);
    expect(verdict.code).toBe(ValidationCode.DUPLICATE_TXID);
  });

  it('is the verdict on the id that is Fabric’s too and on no other: those are free, whoever carried them', async () => {
    const items = chain();
    const batch = endorsed(joinTargetData([], items));
    const idsUnder = async (fabricTxId: string): Promise<string[]> => (await verdictOf(Object.assign(batch, { fabricTxId }), CONFLICT)).txIds.map(toHex);
    for (const each of items) expect(await idsUnder(toHex(idOf(each)))).toEqual([toHex(idOf(each))]);
    expect(await idsUnder('ab'.repeat(32))).toEqual([]);
  });

  it('is a phantom where a guard alone has changed, whatever earlier items wrote of what later ones read', async () => {
    const guardTxId = new Uint8Array(32).fill(7);
    const guardKey = membershipGuardKey(consortium.contractKeys.names.datasetTag('', ''));
    const place = placeText(TEST_CONTRACT, 'selvedge_houses', guardKeyHash(guardKey));
    // Before the items that write the guard.
    const query = item({ setReads: [{ guardTxId }], writes: [{ dataset: 'auroraStones', key: 'q', value: '1' }] });
    const batch = endorsed(joinTargetData([], [query, ...chain()]));
    state.entries.set(place, sha256(new Uint8Array(32).fill(8)));
    expect((await verdictOf(batch, CONFLICT)).code).toBe(ValidationCode.PHANTOM_READ_CONFLICT);
    stand('stone-1', new Uint8Array(32).fill(9));
    expect((await verdictOf(batch, CONFLICT)).code).toBe(ValidationCode.MVCC_READ_CONFLICT);
  });
});
