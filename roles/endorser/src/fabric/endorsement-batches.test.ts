import { sha256, toHex } from '@selvedge/crypto';
import { EVENT_NAME, MARKER_COLLECTION, markerKey, parseFabricEndorsement, parseFabricEvents, parseRefusalText } from '@selvedge/fabric';
import { createEndorsementPayload, createTargetData, createTestConsortium, joinTargetData, TEST_CONTRACT, type TargetDataInput, type TestComputeNode, type TestConsortium, type TestContract } from '@selvedge/fixtures';
import { createFabricEndorsed } from '@selvedge/fixtures/fabric';
import { encodeMessage, EndorsementPayloadSchema, maskItems, parseCore, type TargetData } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addEndorsement, createEndorsingPeer, endorseCall } from './testdata/fabric-setting.js';
import type { FakePeer, FakeSimulation } from './testdata/fake-peer.js';

let consortium: TestConsortium;
let node: TestComputeNode;
let bank: TestContract;
let peer: FakePeer;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode();
});
beforeEach(() => {
  bank = consortium.addContract('bank');
  peer = createEndorsingPeer(consortium);
  addEndorsement(peer, consortium, bank);
  peer.put(TEST_CONTRACT, 'selvedge_houses', entry('stone-1'), OLD);
});
afterEach(() => {
  consortium.restore();
});

const OLD = Buffer.from('old packet');
const entry = (key: string): string => `d${toHex(consortium.contractKeys.names.ledgerKey('', key))}`;
const item = (input: Partial<TargetDataInput> = {}): TargetData => createTargetData({ consortium, nodes: [node], ...input });
const hashOf = ({ attachments }: TargetData): Uint8Array => sha256(attachments!.packets[0]!);
const idOf = ({ cores: [core] }: TargetData): string => markerKey(parseCore(core!).txId);
const simulate = (targetData: TargetData): Promise<FakeSimulation> => peer.simulate(endorseCall(consortium, targetData));
const refusal = async (targetData: TargetData): Promise<string | undefined> => {
  const { response } = await simulate(targetData);
  return response.status === 200 ? undefined : parseRefusalText(response.message)?.code;
};
const masked = (targetData: TargetData, ...dropped: number[]): TargetData => maskItems(targetData, targetData.cores.map(parseCore), new Set(dropped));

/** stone-1 is written twice, the second time on the first; stone-2 by an item of its own. */
function chain(): { readonly items: readonly [TargetData, TargetData, TargetData]; readonly batch: TargetData } {
  const first = item({ reads: [{ key: 'stone-1', packetHash: sha256(OLD) }], writes: [{ key: 'stone-1', value: '1' }], event: { name: 'priced', payload: '1' } });
  const second = item({ reads: [{ key: 'stone-1', packetHash: hashOf(first) }], writes: [{ key: 'stone-1', value: '2' }] });
  const third = item({ writes: [{ key: 'stone-2', value: '3' }], event: { name: 'sold', payload: '3' } });
  return { items: [first, second, third], batch: joinTargetData([node], [first, second, third]) };
}

describe('an endorsement of a batch', () => {
  it('writes what the items leave, as the design says, with a marker for each', async () => {
    const { items, batch } = chain();
    const { response, writes, reads } = await simulate(batch);
    expect(response.message).toBe('');
    const { namespaces } = createFabricEndorsed(consortium, batch);
    const expected = namespaces.flatMap(({ namespace, collections = [] }) => collections.flatMap(({ collection, writes: all = [] }) => all.map(({ key, value }) => [namespace, collection, key, value && toHex(value)])));
    expect(writes.map(({ chaincode, collection, key, value }) => [chaincode, collection, key, value && toHex(value)]).sort()).toEqual(expected.sort());
    expect(writes.filter(({ collection }) => collection === MARKER_COLLECTION).map(({ key }) => key)).toEqual(items.map(idOf));
    expect(writes.filter(({ key }) => key === entry('stone-1')).map(({ value }) => toHex(sha256(value!)))).toEqual([toHex(hashOf(items[1]))]);
    // What is read on the ledger, once; not what an earlier item wrote.
    expect(reads.filter((read) => read.startsWith(TEST_CONTRACT)).sort()).toEqual([...items.map((each) => `${TEST_CONTRACT}/${MARKER_COLLECTION}/${idOf(each)}`), `${TEST_CONTRACT}/selvedge_houses/${entry('stone-1')}`].sort());
  });

  it('answers all cores and the mask, and what endorsers sign of them', async () => {
    for (const targetData of [chain().batch, masked(chain().batch, 0, 1)]) {
      const { response } = await simulate(targetData);
      const { cores, itemMask, endorsementPayload } = parseFabricEndorsement(response.payload);
      expect([cores.map(toHex), toHex(itemMask)]).toEqual([targetData.cores.map(toHex), toHex(targetData.itemMask)]);
      expect(toHex(endorsementPayload)).toBe(toHex(encodeMessage(EndorsementPayloadSchema, createEndorsementPayload(consortium, targetData))));
    }
  });

  it('shows the sealed events of all items as one, each under its own transaction', async () => {
    const { items, batch } = chain();
    const { event } = await simulate(batch);
    expect(event?.name).toBe(EVENT_NAME);
    expect(parseFabricEvents(event!.payload).map(({ txId, sealedEvents }) => [markerKey(txId), sealedEvents.map(toHex)])).toEqual([items[0], items[2]].map((each) => [idOf(each), each.attachments!.sealedEvents.map(toHex)]));
  });

  it('leaves nothing of items that are dropped, and is refused while one rests on them', async () => {
    const { items, batch } = chain();
    expect(await refusal(masked(batch, 0))).toBe('STALE_READ');
    const { writes, event } = await simulate(masked(batch, 0, 1));
    expect(writes.filter(({ collection }) => collection === MARKER_COLLECTION).map(({ key }) => key)).toEqual([idOf(items[2])]);
    expect(writes.some(({ key }) => key === entry('stone-1'))).toBe(false);
    expect(parseFabricEvents(event!.payload)).toHaveLength(1);
  });

  it('is refused whole where any item is stale, used up, or of another contract', async () => {
    const { items, batch } = chain();
    peer.put(TEST_CONTRACT, MARKER_COLLECTION, idOf(items[2]), Uint8Array.of(1));
    expect(await refusal(batch)).toBe('DUPLICATE_TXID');
    expect(await refusal(masked(batch, 2))).toBeUndefined();
    expect(await refusal(joinTargetData([node], [items[0], item({ reads: [{ key: 'stone-9', packetHash: sha256(OLD) }] })]))).toBe('STALE_READ');
    const other = item({ changeCore: (core) => { core.sections[0]!.contract = 'bank'; } });
    expect(await refusal(joinTargetData([node], [items[0], other]))).toBe('TARGET_DATA_INCONSISTENT');
    expect(await refusal(joinTargetData([node], [other, items[0]]))).toBe('TARGET_DATA_INCONSISTENT');
  });

  it('has a called contract write its sections of all items, with markers of those that called it', async () => {
    const calling = (key: string): TargetData => item({ writes: [{ key, value: '1' }], called: [{ contract: bank, writes: [{ dataset: 'auroraStones', key: 'account', value: key }] }] });
    const items = [calling('a'), item({ writes: [{ key: 'b', value: '1' }] }), calling('c')] as const;
    const { response, writes } = await simulate(joinTargetData([node], items));
    expect(response.message).toBe('');
    const markersOf = (chaincode: string): string[] => writes.filter((write) => write.chaincode === chaincode && write.collection === MARKER_COLLECTION).map(({ key }) => key);
    expect([markersOf(TEST_CONTRACT), markersOf('bank')]).toEqual([items.map(idOf), [items[0], items[2]].map(idOf)]);
    const account = writes.filter(({ chaincode, key }) => chaincode === 'bank' && key.startsWith('d') && key.length > 64);
    expect(account.map(({ value }) => toHex(sha256(value!)))).toEqual([toHex(sha256(items[2].attachments!.packets[1]!))]);
    // Either contract may hold the id of an item that touches it.
    peer.put('bank', MARKER_COLLECTION, idOf(items[2]), Uint8Array.of(1));
    expect(await refusal(joinTargetData([node], items))).toBe('DUPLICATE_TXID');
  });

  it('compares a guard with what each item expects of it', async () => {
    const [before, now] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const query = (guardTxId: Uint8Array, key: string): TargetData => item({ setReads: [{ guardTxId }], writes: [{ dataset: 'auroraStones', key, value: '1' }] });
    const { guardKey } = parseCore(query(now, 'x').cores[0]!).sections[0]!.guardsRead[0]!;
    peer.put(TEST_CONTRACT, 'selvedge_houses', `g${toHex(guardKey)}`, now);
    expect(await refusal(joinTargetData([node], [query(now, 'a'), query(now, 'b')]))).toBeUndefined();
    for (const [first, second] of [[before, now], [now, before]] as const) expect(await refusal(joinTargetData([node], [query(first, 'a'), query(second, 'b')]))).toBe('STALE_GUARD');
  });

  it('refuses items that cannot be one transaction’s: a purge that a later write would hide', async () => {
    const purge = item({ writes: [{ dataset: 'auroraStones', key: 'p' }], changeCore: (core) => { core.sections[0]!.writes[0]!.effect = { case: 'purge', value: true }; } });
    const put = item({ writes: [{ dataset: 'auroraStones', key: 'p', value: '1' }] });
    expect(await refusal(joinTargetData([node], [put, purge]))).toBeUndefined();
    expect(await refusal(joinTargetData([node], [purge, put]))).toBe('TARGET_DATA_INCONSISTENT');
  });
});
