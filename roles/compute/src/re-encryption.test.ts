import { randomBytes } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { compareBytes, sha256, toHex } from '@selvedge/crypto';
import { createTestConsortium, createTestKeyPolicy, TEST_ORGANISATION_MAP, type TestConsortium } from '@selvedge/fixtures';
import {
  BatchRequestSchema, contentGuardKey, encodeMessage, GuardKind, KeyEpochsAskedSchema, LIMITS, PacketHeaderSchema, PacketSchema, parseMessage, ReEncryptedSchema, ReEncryptSchema, RequestKind,
  StorageMode, StoredKeyEpochsSchema, type PacketHeader, type StoredKeyEpochs,
} from '@selvedge/protocol';
import { openPacket } from '@selvedge/sealed-objects';
import { type CertifiedNode, heldKeysOf, placeOf, sealTestPacket } from '@selvedge/tee-node/testing';
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildRequest, type RequestChange } from './client.test.support.js';
import { createTestNode } from './node.test.support.js';
import { createSubmitter, plain, text, type Run, type Submitter } from './submit.test.support.js';

const DATASETS = [{ name: '', ownerSet: 'houses', contentGuard: true }, { name: 'auroraStones', ownerSet: 'aurora' }];
const EPOCHS = [1n, 2n, 3n];

let net: TestConsortium;
let certified: CertifiedNode;
let on: Submitter;

beforeAll(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode();
});
beforeEach(() => {
  for (const epoch of EPOCHS) net.setEpoch(net.contract, epoch);
  net.setContractPolicy({ datasets: DATASETS });
  on = createSubmitter(net, certified, net.organisation('AuroraMSP').admin.signer);
  on.test.keys = heldKeysOf(net, certified, EPOCHS);
  on.business.pageSize = 100;
});
afterEach(() => {
  net.restore();
});

const noChaincode = (): Promise<never> => Promise.reject(new Error('no chaincode takes part'));
const store = (key: string, value: string, keyEpoch: bigint, dataset = ''): string => {
  const packet = sealTestPacket(net, { dataset, key, value, keyEpoch });
  on.business.put(dataset === '' ? 'houses' : 'aurora', packet.bytes);
  return toHex(packet.hash);
};
const keysOf = (dataset: string, ...names: string[]): Uint8Array[] => names.map((key) => placeOf(net, dataset, key).ledgerKey).sort(compareBytes);
const sent = (kind: RequestKind, args: readonly Uint8Array[], change: RequestChange = {}): Promise<Run> => on.submit(noChaincode, { ...change, body: { kind, args: [...args], keyEpoch: 3n, ...change.body } });
const reEncrypt = (dataset: string, ledgerKeys: readonly Uint8Array[], change?: RequestChange): Promise<Run> =>
  sent(RequestKind.RE_ENCRYPT, [encodeMessage(ReEncryptSchema, { dataset, ledgerKeys: [...ledgerKeys] })], change);
const done = ({ response }: Run): [number, number] => {
  const { seen, written } = parseMessage(ReEncryptedSchema, response.payload, LIMITS.maxHeaderBytes);
  return [seen, written];
};
const opened = ({ targetData }: Run) =>
  targetData!.attachments!.packets.map((packet) => openPacket(packet, { dataKey: () => net.contractKeys.dataKey, expected: { channel: net.channel, contract: net.contract, dataset: '' } }));
const list = async (asked: { readonly confirm?: boolean; readonly maxKeys?: number } = {}, change?: RequestChange): Promise<StoredKeyEpochs> => {
  const run = await sent(RequestKind.LIST_KEY_EPOCHS, [encodeMessage(KeyEpochsAskedSchema, { confirm: true, maxKeys: 100, ...asked })], change);
  expect(run.response.refusal?.code).toBeUndefined();
  expect(run.targetData).toBeUndefined();
  return parseMessage(StoredKeyEpochsSchema, run.response.payload, LIMITS.maxMessageBytes);
};
const refusal = async (run: Promise<Run>): Promise<string | undefined> => (await run).response.refusal?.code;

describe('re-encryption', () => {
  it('writes the same values once more under the request’s epoch, on top of the versions that it read', async () => {
    const versions = [store('a', 'one', 1n), store('b', 'two', 2n)];
    const run = await reEncrypt('', keysOf('', 'a', 'b'));
    expect(done(run)).toEqual([2, 2]);
    expect(run.section.keyEpoch).toBe(3n);
    expect(opened(run).map(({ key, value, header }) => [key, text(value), header.keyEpoch, header.reEncrypted]).sort()).toEqual([['a', 'one', 3n, true], ['b', 'two', 3n, true]]);
    expect(run.section.reads.map(({ packetHash }) => toHex(packetHash)).sort()).toEqual(versions.sort());
    expect(run.section.writes.map(({ ledgerKey, datasetTag, keyPolicy }) => [toHex(ledgerKey), toHex(datasetTag), keyPolicy])).toEqual(keysOf('', 'a', 'b').map((key) => [toHex(key), toHex(placeOf(net, '', 'a').datasetTag), undefined]));
    // No key comes or goes, so that no range is disturbed; whoever rests on a dataset’s content is told, as by any write.
    expect(plain(run.section.guardsWritten)).toMatchObject([{ kind: GuardKind.CONTENT, guardKey: toHex(contentGuardKey(net.contract, '')) }]);
    expect([run.section.guardsRead, run.section.keyPolicyReads, run.core.gated]).toEqual([[], [], false]);
  });

  it('leaves alone what is absent or lies under the newest epoch already', async () => {
    store('new', 'x', 3n);
    const run = await reEncrypt('', keysOf('', 'new', 'absent'));
    expect(done(run)).toEqual([2, 0]);
    expect([run.section.writes, run.section.reads, run.targetData!.attachments!.packets]).toEqual([[], [], []]);
  });

  it('changes nothing of any state but the epochs, whatever lies there', async () => {
    const names = ['a', 'b', 'c', '\x00stone\x00ruby\x00', '\x00stone\x00jade\x00'];
    const entries = fc.uniqueArray(fc.record({ key: fc.constantFrom(...names), value: fc.string({ minLength: 1, unit: 'grapheme' }), keyEpoch: fc.constantFrom(...EPOCHS) }), { selector: ({ key }) => key });
    await fc.assert(
      fc.asyncProperty(entries, fc.subarray(names), async (stored, asked) => {
        for (const key of names) on.business.remove('houses', '', placeOf(net, '', key).ledgerKey);
        for (const { key, value, keyEpoch } of stored) store(key, value, keyEpoch);
        const older = stored.filter(({ key, keyEpoch }) => keyEpoch < 3n && asked.includes(key));
        const run = await reEncrypt('', keysOf('', ...asked));
        expect(done(run)).toEqual([asked.length, older.length]);
        expect(new Map(opened(run).map(({ key, value }) => [key, text(value)]))).toEqual(new Map(older.map(({ key, value }) => [key, value])));
        for (const packet of run.targetData!.attachments!.packets) on.business.put('houses', packet);
        const left = await list();
        expect(left.datasets[0]!.olderKeys.map(toHex)).toEqual(keysOf('', ...stored.filter((entry) => entry.keyEpoch < 3n && !older.includes(entry)).map(({ key }) => key)).map(toHex));
      }),
      { numRuns: 25 },
    );
  });

  it('gives equal cores and packets on every replica', async () => {
    for (const key of ['a', 'b', 'c']) store(key, key, 1n);
    const other = createTestNode({ net, certified: await net.issueComputeNode(), business: [on.business], chaincode: noChaincode });
    other.keys = heldKeysOf(net, certified, EPOCHS);
    const request = buildRequest(on.client, { body: { kind: RequestKind.RE_ENCRYPT, keyEpoch: 3n, args: [encodeMessage(ReEncryptSchema, { dataset: '', ledgerKeys: keysOf('', 'a', 'b', 'c') })] } });
    const shared = (await Promise.all([on.test.execute(request), other.execute(request)])).map(({ targetData }) => [...targetData!.cores, ...targetData!.attachments!.packets].map(toHex));
    expect(shared[0]).toEqual(shared[1]);
    expect(shared[0]).toHaveLength(4);
  });

  it('tells the client which policies of their own the keys have, and sets none', async () => {
    net.setContractPolicy({ datasets: DATASETS, organisationMap: TEST_ORGANISATION_MAP });
    store('a', 'one', 1n);
    const policy = createTestKeyPolicy('Org1MSP');
    on.business.setKeyPolicy('houses', '', placeOf(net, '', 'a').ledgerKey, policy);
    const { targetData, section } = await reEncrypt('', keysOf('', 'a'));
    expect(targetData!.attachments!.keyPolicies.map(({ ledgerKey, policy: stands }) => [toHex(ledgerKey), toHex(stands)])).toEqual([[toHex(placeOf(net, '', 'a').ledgerKey), toHex(policy)]]);
    expect(section.writes.map(({ keyPolicy }) => keyPolicy)).toEqual([undefined]);
  });

  it('ends a transaction before it gets large, and says how far it came', async () => {
    const names = ['a', 'b', 'c'];
    for (const name of names) store(name, 'x'.repeat(600 * 1024), 1n);
    const keys = keysOf('', ...names);
    expect(done(await reEncrypt('', keys))).toEqual([1, 1]);
    expect(done(await reEncrypt('', keys.slice(2)))).toEqual([1, 1]);
    store('b', 'x'.repeat(2 * 1024 * 1024), 1n);
    expect(done(await reEncrypt('', keysOf('', 'b')))).toEqual([1, 1]);
  });

  it('reaches private data whose members alone may write, and tells nothing of it', async () => {
    net.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses' }, { name: 'auroraStones', ownerSet: 'aurora', memberOnlyRead: true, memberOnlyWrite: true, members: ['AuroraMSP'] }] });
    store('gem', 'ruby', 1n, 'auroraStones');
    const run = await reEncrypt('auroraStones', keysOf('auroraStones', 'gem'), { signer: net.organisation('BorealisMSP').admin.signer });
    expect(done(run)).toEqual([1, 1]);
    expect(Buffer.from(run.response.payload).includes('ruby')).toBe(false);
  });

  it('does not prolong entries that end by themselves', async () => {
    net.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses' }, { name: 'auroraStones', ownerSet: 'aurora', blockToLive: 3n }] });
    store('gem', 'ruby', 1n, 'auroraStones');
    expect(await refusal(reEncrypt('auroraStones', keysOf('auroraStones', 'gem')))).toBe('FEATURE_UNSUPPORTED');
    expect((await list()).datasets[1]).toMatchObject({ ending: true, olderKeys: [], epochs: [{ epoch: 1n, entries: 1n }] });
  });

  it('travels in no batch', async () => {
    const request = buildRequest(on.client, { body: { kind: RequestKind.RE_ENCRYPT, keyEpoch: 3n, args: [encodeMessage(ReEncryptSchema, {})] } });
    const { items } = await on.test.node.executeBatch(create(BatchRequestSchema, { items: [request.sealed] }), new AbortController().signal);
    expect(request.open(items[0]!.response!).refusal?.code).toBe('BATCH_ITEM_DEFERRED');
  });
});

describe('who may have a contract re-encrypted', () => {
  it('is an administrator of an owner, under the newest epoch', async () => {
    store('a', 'one', 1n);
    for (const ask of [(change: RequestChange) => reEncrypt('', keysOf('', 'a'), change), (change: RequestChange) => sent(RequestKind.LIST_KEY_EPOCHS, [encodeMessage(KeyEpochsAskedSchema, {})], change)]) {
      expect(await refusal(ask({}))).toBeUndefined();
      expect(await refusal(ask({ signer: net.organisation('CelestaMSP').admin.signer }))).toBeUndefined();
      expect(await refusal(ask({ signer: net.organisation('AuroraMSP').client.signer }))).toBe('RE_ENCRYPTION_DENIED');
      expect(await refusal(ask({ signer: net.organisation('AuroraMSP').peer.signer }))).toBe('RE_ENCRYPTION_DENIED');
      expect(await refusal(ask({ signer: net.organisation('NorthMSP').admin.signer }))).toBe('RE_ENCRYPTION_DENIED');
      // Usable for a request that is on its way, but what it wrote would have to be written again.
      expect(await refusal(ask({ body: { keyEpoch: 2n } }))).toBe('KEY_EPOCH_RETIRED');
    }
  });

  it.each<[string, () => readonly Uint8Array[], string]>([
    ['no argument', () => [], 'MALFORMED_MESSAGE'],
    ['two arguments', () => [encodeMessage(ReEncryptSchema, {}), encodeMessage(ReEncryptSchema, {})], 'MALFORMED_MESSAGE'],
    ['bytes that are no message', () => [Buffer.from([0xff])], 'MALFORMED_MESSAGE'],
    ['a key of another length', () => [encodeMessage(ReEncryptSchema, { ledgerKeys: [randomBytes(31)] })], 'MALFORMED_MESSAGE'],
    ['a key twice', () => [encodeMessage(ReEncryptSchema, { ledgerKeys: [keysOf('', 'a')[0]!, keysOf('', 'a')[0]!] })], 'MALFORMED_MESSAGE'],
    ['keys in another order', () => [encodeMessage(ReEncryptSchema, { ledgerKeys: keysOf('', 'a', 'b').reverse() })], 'MALFORMED_MESSAGE'],
    ['too many keys', () => [encodeMessage(ReEncryptSchema, { ledgerKeys: Array.from({ length: LIMITS.maxReEncryptedKeys + 1 }, () => randomBytes(32)).sort(compareBytes) })], 'LIMIT_EXCEEDED'],
    ['a dataset that is none', () => [encodeMessage(ReEncryptSchema, { dataset: 'other', ledgerKeys: keysOf('', 'a') })], 'DATASET_UNKNOWN'],
  ])('does so with keys of a dataset: %s is refused', async (_what, args, code) => {
    store('a', 'one', 1n);
    expect(await refusal(sent(RequestKind.RE_ENCRYPT, args()))).toBe(code);
  });

  it.each<[string, () => readonly Uint8Array[], string]>([
    ['no argument', () => [], 'MALFORMED_MESSAGE'],
    ['bytes that are no message', () => [Buffer.from([0xff])], 'MALFORMED_MESSAGE'],
    ['more keys than an answer holds', () => [encodeMessage(KeyEpochsAskedSchema, { maxKeys: LIMITS.maxListedKeys + 1 })], 'LIMIT_EXCEEDED'],
  ])('asks what there is: %s is refused', async (_what, args, code) => {
    expect(await refusal(sent(RequestKind.LIST_KEY_EPOCHS, args()))).toBe(code);
  });
});

describe('entries by epoch', () => {
  it('are counted in every dataset, and those under older epochs listed, so many as are wanted', async () => {
    for (const [key, epoch] of [['a', 1n], ['b', 1n], ['c', 2n], ['d', 3n]] as const) store(key, key, epoch);
    store('gem', 'ruby', 2n, 'auroraStones');
    const epochs = (...counts: [bigint, bigint][]) => counts.map(([epoch, entries]) => expect.objectContaining({ epoch, entries, readable: true }) as unknown);
    const { newestEpoch, datasets } = await list();
    expect(newestEpoch).toBe(3n);
    expect(datasets.map(({ dataset, epochs: found }) => [dataset, found])).toEqual([['', epochs([1n, 2n], [2n, 1n], [3n, 1n])], ['auroraStones', epochs([2n, 1n])]]);
    expect(datasets.map(({ olderKeys }) => olderKeys.map(toHex))).toEqual([keysOf('', 'a', 'b', 'c').map(toHex), keysOf('auroraStones', 'gem').map(toHex)]);
    for (const maxKeys of [0, 2, 4]) expect((await list({ maxKeys })).datasets.flatMap(({ olderKeys }) => olderKeys)).toHaveLength(maxKeys);
  });

  it('count under a revoked epoch too, whose key nobody holds, and are not listed then', async () => {
    store('a', 'one', 1n);
    on.test.keys = heldKeysOf(net, certified, [2n, 3n]);
    expect((await list()).datasets[0]).toMatchObject({ olderKeys: [], epochs: [{ epoch: 1n, entries: 1n, readable: false }] });
    expect(await refusal(reEncrypt('', keysOf('', 'a')))).toBe('KEY_EPOCH_UNKNOWN');
  });

  it('are counted by their packets also where owners keep them in plaintext, without a channel for it', async () => {
    net.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses', contentGuard: true, mode: StorageMode.PLAINTEXT }] });
    store('a', 'one', 1n);
    store('b', 'two', 2n);
    on.test.keys = heldKeysOf(net, certified, [2n, 3n]);
    const { datasets: [world] } = await list();
    expect(world!.epochs).toMatchObject([{ epoch: 1n, entries: 1n, readable: false }, { epoch: 2n, entries: 1n, readable: true }]);
    expect(world!.olderKeys.map(toHex)).toEqual(keysOf('', 'b').map(toHex));
    on.business.tamper = (answer) => {
      for (const set of answer.sets) Object.assign(set, { packets: [], plaintexts: set.packets.map((packet) => ({ key: 'a', value: new Uint8Array(0), header: parseMessage(PacketSchema, packet, 1e7).header, ownerCopies: [], packetHash: sha256(packet) })) });
      return answer;
    };
    expect(await refusal(sent(RequestKind.LIST_KEY_EPOCHS, [encodeMessage(KeyEpochsAskedSchema, { confirm: false })]))).toBe('STATE_FORGED');
  });

  it.each<[string, (packets: Uint8Array[]) => Uint8Array[]]>([
    ['leaves one out', (packets) => packets.slice(1)],
    ['serves another packet of a key', (packets) => packets.map((packet) => (isOf(packet, 'b') ? sealTestPacket(net, { key: 'b', value: 'b', keyEpoch: 3n }).bytes : packet))],
    ['adds an entry', (packets) => [...packets, sealTestPacket(net, { key: 'c', value: 'c', keyEpoch: 3n }).bytes]],
    ['serves an entry of another dataset', (packets) => [...packets, sealTestPacket(net, { dataset: 'auroraStones', key: 'c', value: 'c', keyEpoch: 3n }).bytes]],
  ])('are those of a quorum: a business node that %s is found out', async (_what, change) => {
    for (const key of ['a', 'b']) store(key, key, 1n);
    on.business.tamper = (answer, { sets: [set] }) => {
      if (set?.dataset === '') answer.sets[0]!.packets = change(answer.sets[0]!.packets).sort((a, b) => Buffer.compare(headerOf(a).ledgerKey, headerOf(b).ledgerKey));
      return answer;
    };
    expect(await refusal(sent(RequestKind.LIST_KEY_EPOCHS, [encodeMessage(KeyEpochsAskedSchema, { confirm: true })]))).toBe('STATE_FORGED');
  });

  it('are told of a dataset that changes all the time, where no quorum is to confirm them', async () => {
    on.business.pageSize = 1;
    for (const key of ['a', 'b', 'c']) store(key, key, 1n);
    on.business.tamper = (answer) => {
      for (const guard of answer.guards) guard.txId = randomBytes(32);
      return answer;
    };
    expect((await list({ confirm: false })).datasets[0]!.olderKeys).toHaveLength(3);
    expect(await refusal(sent(RequestKind.LIST_KEY_EPOCHS, [encodeMessage(KeyEpochsAskedSchema, { confirm: true })]))).toBe('STALE_GUARD');
  });
});

function headerOf(packet: Uint8Array): PacketHeader {
  return parseMessage(PacketHeaderSchema, parseMessage(PacketSchema, packet, LIMITS.maxPacketBytes).header, LIMITS.maxHeaderBytes);
}

function isOf(packet: Uint8Array, key: string): boolean {
  return toHex(headerOf(packet).ledgerKey) === toHex(placeOf(net, '', key).ledgerKey);
}
