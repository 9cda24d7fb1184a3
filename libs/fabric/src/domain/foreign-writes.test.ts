import { sha256, toHex } from '@selvedge/crypto';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import type { FabricEndorsed, FabricCollection } from '@selvedge/fixtures/fabric';
import { ValidationCode } from '@selvedge/protocol';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blockWith, endorsedOf, stateOf, withNamespace, type TestFabricState } from '../testdata/fabric-ledger.js';
import { foreignUpdates } from './foreign-writes.js';
import { judgeFabricBlock } from './judge-block.js';
import type { FabricVerdict } from './judge-transaction.js';

const [VALID, CONFLICT] = [0, 11];
const [dataset, key, value] = ['tradeOffers', 'stone-1', Buffer.from('1')];
let consortium: TestConsortium;
let state: TestFabricState;
beforeAll(async () => {
  consortium = await createTestConsortium();
});
beforeEach(() => {
  state = stateOf(consortium);
});

type Transaction = readonly [Parameters<typeof blockWith>[1][0], number];
const verdictsOf = async (...transactions: Transaction[]): Promise<readonly FabricVerdict[]> =>
  (await judgeFabricBlock(blockWith(consortium.channel, ...transactions), { channel: consortium.channel, policyChaincode: 'selvedge-policy', state, profile: consortium.profile })).verdicts;
/** A transaction of chaincode that knows nothing of Selvedge. */
const plain = (collection: string, writes: NonNullable<FabricCollection['writes']>): Transaction[0] => ({ chaincode: consortium.contract, namespaces: [{ namespace: consortium.contract, collections: [{ collection, writes }] }] });
const first = (): FabricEndorsed => endorsedOf(consortium, { reads: [{ dataset, key, legacyValueHash: sha256(value) }], writes: [{ dataset, key, value: '2', isFirst: true }] });
const collectionOf = (endorsed: FabricEndorsed, change: (collection: FabricCollection) => FabricCollection): FabricEndorsed =>
  withNamespace(endorsed, (namespace) => ({ ...namespace, collections: namespace.collections!.map((each) => (each.collection === dataset ? change(each) : each)) }));

describe('collections of other chaincode', () => {
  it('show their keys and values by hash, and what is removed', async () => {
    const [put, removed] = await verdictsOf([plain(dataset, [{ key, value }]), VALID], [plain(dataset, [{ key }]), VALID]);
    expect([put!.concerns, put!.code, put!.entries]).toEqual([false, ValidationCode.VALID, []]);
    const place = { namespace: consortium.contract, collection: dataset, keyHash: new Uint8Array(sha256(Buffer.from(key))) };
    expect(put!.foreign.map((each) => ({ ...each, keyHash: new Uint8Array(each.keyHash), valueHash: new Uint8Array(each.valueHash!) }))).toEqual([{ ...place, valueHash: new Uint8Array(sha256(value)) }]);
    expect(removed!.foreign[0]!.valueHash).toBeUndefined();
  });

  it('count for nothing when a transaction is invalid, is of ours or an organisation’s own collection, or does not parse', async () => {
    const verdicts = await verdictsOf([plain(dataset, [{ key, value }]), CONFLICT], [plain('_implicit_org_AuroraMSP', [{ key, value }]), VALID], [endorsedOf(consortium), VALID]);
    expect(verdicts.map(({ foreign }) => foreign)).toEqual([[], [], []]);
    expect(foreignUpdates(Uint8Array.of(0x12, 5, 1))).toEqual([]);
  });
});

describe('an odd write in a collection of other chaincode', () => {
  const [none, long] = [new Uint8Array(0), new Uint8Array(33).fill(7)];
  const seen = async (...odd: NonNullable<FabricCollection['writes']>): Promise<(readonly [string, string | undefined])[]> => {
    const [verdict] = await verdictsOf([plain(dataset, [...odd, { key: 'last', value }]), VALID]);
    return verdict!.foreign.map((each) => [toHex(each.keyHash), each.valueHash && toHex(each.valueHash)]);
  };
  const [hash, last] = [toHex(sha256(Buffer.from(key))), [toHex(sha256(Buffer.from('last'))), toHex(sha256(value))]];

  it.each<[string, NonNullable<FabricCollection['writes']>[number], (string | undefined)[][]]>([
    ['with an empty value hash removes its key', { key, value, valueHash: none }, [[hash, undefined]]],
    ['of an empty value removes its key', { key, value: none }, [[hash, undefined]]],
    ['with a hash of another length stands with no value’s', { key, value, valueHash: long }, [[hash, '00'.repeat(32)]]],
    ['under a key hash of another length is no key’s', { key, value, keyHash: long }, []],
    ['that purges and puts is there, as on peers', { key, value, purge: true }, [[hash, toHex(sha256(value))]]],
  ])('%s, and the others of the transaction count', async (_what, odd, found) => {
    expect(await seen(odd)).toEqual([...found, last]);
  });

  it('that reads under a key hash of another length hides nothing', async () => {
    const odd = plain(dataset, [{ key, value }]);
    const [verdict] = await verdictsOf([{ ...odd, namespaces: odd.namespaces!.map((each) => ({ ...each, collections: each.collections!.map((collection) => ({ ...collection, reads: [{ key, present: true, keyHash: long }] })) })) }, VALID]);
    expect(verdict!.foreign).toHaveLength(1);
  });
});

describe('a first write of a key', () => {
  it('removes the legacy entry that the response names', async () => {
    const [verdict] = await verdictsOf([first(), VALID]);
    expect([verdict!.mismatch, verdict!.foreign.length]).toEqual([undefined, 1]);
    expect(verdict!.foreign[0]!.valueHash).toBeUndefined();
  });

  it.each<[string, (collection: FabricCollection) => FabricCollection, string]>([
    ['did not remove it', (each) => ({ ...each, writes: [] }), 'the response names a write that was not made'],
    ['put another value', (each) => ({ ...each, writes: [{ key, value }] }), 'a collection that is no owner set’s is written'],
    ['purged it unasked', (each) => ({ ...each, writes: [{ key, purge: true }] }), 'a collection that is no owner set’s is written'],
    ['removed another one', (each) => ({ ...each, writes: [{ key: 'stone-2' }] }), 'a collection that is no owner set’s is written'],
    ['did not read it', (each) => ({ ...each, reads: [] }), 'the response names a read that was not made'],
    ['found it absent', (each) => ({ ...each, reads: [{ key, present: false }] }), 'the response names a read that was not made'],
  ])('is told of when the endorsing peers %s', async (_what, change, mismatch) => {
    const [verdict] = await verdictsOf([collectionOf(first(), change), VALID]);
    expect(verdict!.mismatch).toBe(mismatch);
  });

  it('that names a packet for its legacy entry is told of', async () => {
    const victim = `d${toHex(consortium.contractKeys.names.ledgerKey('', 'victim'))}`;
    const forged = endorsedOf(consortium, {
      writes: [{ key: 's', value: '1' }],
      changeCore: ({ sections: [section] }) => { Object.assign(section!.writes[0]!, { dataset: 'selvedge_houses', legacyKeyHash: sha256(Buffer.from(victim)) }); },
      changeSigned: ({ attachments }) => { attachments!.legacyKeys = [Buffer.from(victim)]; },
    });
    const [verdict] = await verdictsOf([forged, VALID]);
    expect(verdict!.mismatch).toBe('a write is not in the response');
    const removed = verdict!.entries.find(({ keyHash }) => toHex(keyHash) === toHex(sha256(Buffer.from(victim))));
    expect([removed!.valueHash, removed!.write, removed!.isBeside]).toEqual([undefined, undefined, false]);
  });

  it('that met another legacy value is no phantom', async () => {
    const guarded = { reads: [{ dataset, key, legacyValueHash: sha256(value) }], setReads: [{ dataset }], writes: [{ key: 's', value: '1' }] };
    const conflict = async (...before: Transaction[]): Promise<ValidationCode> => (await verdictsOf(...before, [endorsedOf(consortium, guarded), CONFLICT])).at(-1)!.code;
    const put: Transaction = [plain(dataset, [{ key, value }]), VALID];
    const insert: Transaction = [endorsedOf(consortium, { writes: [{ dataset, key: 'new', value: '1' }] }), VALID];
    expect(await conflict(put, insert)).toBe(ValidationCode.PHANTOM_READ_CONFLICT);
    expect(await conflict(put, insert, [plain(dataset, [{ key, value: Buffer.from('2') }]), VALID])).toBe(ValidationCode.MVCC_READ_CONFLICT);
  });
});
