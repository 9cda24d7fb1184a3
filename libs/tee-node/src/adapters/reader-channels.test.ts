import { createSimulatedAttester, createDevelopmentPlatform } from '@selvedge/attestation';
import { sha256, suiteByName, toHex } from '@selvedge/crypto';
import { isSelvedgeError } from '@selvedge/errors';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { signAs } from '@selvedge/identity';
import { create } from '@bufbuild/protobuf';
import { IdentitySignatureSchema, signing, StateAnswerSchema } from '@selvedge/protocol';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPacketOpener, type StoredEntry } from '../domain/packet-opener.js';
import type { ReadScope, ServedEntry, StateSource } from '../ports.js';
import { createFakeBusinessNode, type FakeBusinessNode } from '../testing/fake-business-node.js';
import { createFakeKeeper, type FakeKeeper } from '../testing/fake-keeper.js';
import { heldKeysOf, type CertifiedNode } from '../testing/test-network.js';
import { placeOf, sealTestPacket } from '../testing/test-packets.js';
import { createHistoryConfirmer } from './history-confirmer.js';
import { createReaderChannels } from './reader-channels.js';
import { createSetConfirmer } from './set-confirmer.js';
import { createStateFetcher } from './state-fetcher.js';

let net: TestConsortium;
let certified: CertifiedNode;
let node: FakeBusinessNode;
let keeper: FakeKeeper;
let scope: ReadScope;
let source: StateSource;
let opener = createPacketOpener('', 0);
beforeAll(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode();
});
beforeEach(() => {
  const { network, channel } = net;
  node = createFakeBusinessNode('AuroraMSP');
  keeper = createFakeKeeper(net, node, net.organisation('AuroraMSP').peer.signer);
  scope = { contract: net.contract, plaintext: new Set(['']), signer: heldKeysOf(net, certified).signer(net.contractPolicy.suite), minHeight: 3n, profile: net.profile };
  const attester = createSimulatedAttester({ ...createDevelopmentPlatform({ root: net.developmentRoot, name: 'platform', now: net.now }), measurement: new Uint8Array(48).fill(1) });
  source = createStateFetcher({ network, channel, nodes: [keeper], clock: () => 0, historyConfirmer: createHistoryConfirmer({ followers: [] }), confirmer: createSetConfirmer({ followers: [] }), reader: createReaderChannels({ attester, network, channel }) });
  opener = createPacketOpener(channel, 10_000);
});

const recipient = { mspId: 'AuroraMSP', publicKey: suiteByName('P256-AES256GCM-SHA256').generateKemKeyPair().publicKey };
const store = (key: string, value: string): Uint8Array => {
  const packet = sealTestPacket(net, { key, value, recipients: [recipient] });
  node.put('houses', packet.bytes);
  return packet.bytes;
};
const keys = () => heldKeysOf(net, certified).contract(net.contract)!;
const read = (key: string): Promise<string | undefined> => {
  const { ledgerKey } = placeOf(net, '', key);
  const open = (served: ServedEntry | undefined): string | undefined => served && Buffer.from(opener.open(served, { policy: net.contractPolicy, keys: keys() }, { dataset: '', ledgerKey }).value).toString();
  return source.readPoint(scope, { ownerSet: 'houses', owners: ['AuroraMSP'], dataset: '', ledgerKey, open });
};
const readSet = async (): Promise<string[]> => {
  const { datasetTag, membershipGuard } = placeOf(net, '', 'a');
  const open = (served: ServedEntry): StoredEntry => opener.open(served, { policy: net.contractPolicy, keys: keys() }, { dataset: '', datasetTag });
  const { entries } = await source.readSet(scope, { ownerSet: 'houses', owners: ['AuroraMSP'], dataset: '', datasetTag, guardKey: membershipGuard, confirm: false, open });
  return entries.map(({ key }) => key).sort();
};
const refusal = async (promise: Promise<unknown>): Promise<string> => {
  const error: unknown = await promise.catch((caught: unknown) => caught);
  return isSelvedgeError(error) ? `${error.code} ${error.message}` : String(error);
};

describe('values that an owner keeps in plaintext', () => {
  it('are read through one channel, of which nothing can be read on the way', async () => {
    for (const key of ['a', 'b', 'c']) store(key, `canary of ${key}`);
    expect(await read('a')).toBe('canary of a');
    expect(await read('b')).toBe('canary of b');
    expect(await read('none')).toBeUndefined();
    expect(await readSet()).toEqual(['a', 'b', 'c']);
    expect(keeper.evidence).toHaveLength(1);
    expect(keeper.evidence[0]).toMatchObject({ recipient: 'AuroraMSP', profileDigest: net.profile.digest });
    for (const message of keeper.wire) expect(Buffer.from(message).includes('canary')).toBe(false);
  });

  it('have the version that their packet has', async () => {
    const bytes = store('a', 'x');
    const { ledgerKey } = placeOf(net, '', 'a');
    const open = (served: ServedEntry | undefined): StoredEntry => opener.open(served!, { policy: net.contractPolicy, keys: keys() }, { dataset: '', ledgerKey });
    const fromPlaintext = await source.readPoint(scope, { ownerSet: 'houses', owners: ['AuroraMSP'], dataset: '', ledgerKey, open });
    const fromPacket = createPacketOpener(net.channel, 0).open(bytes, { policy: net.contractPolicy, keys: keys() }, { dataset: '', ledgerKey });
    const plain = (entry: StoredEntry) => Object.entries(entry).map(([name, value]: [string, unknown]) => [name, value instanceof Uint8Array ? toHex(value) : value]);
    expect(plain(fromPlaintext)).toEqual(plain(fromPacket));
    expect(toHex(fromPlaintext.packetHash)).toBe(toHex(sha256(bytes)));
  });

  it.each<[string, (keeper: FakeKeeper) => void]>([
    ['another value', (of) => (of.tamper = (served) => ({ ...served, value: Buffer.from('lie') }))],
    ['another key', (of) => (of.tamper = (served) => ({ ...served, key: 'lie' }))],
    ['another hash', (of) => (of.tamper = (served) => ({ ...served, packetHash: new Uint8Array(32) }))],
    ['other copies', (of) => (of.tamper = (served) => ({ ...served, ownerCopies: [] }))],
    ['another header', (of) => (of.tamper = (served) => ({ ...served, header: new Uint8Array(8) }))],
    ['an answer in the clear', (of) => (of.tamperAnswer = (answer) => ({ ...answer, sealed: undefined }))],
    ['an answer that does not open', (of) => (of.tamperAnswer = ({ nonce }) => create(StateAnswerSchema, { nonce, sealed: { salt: new Uint8Array(32), ciphertext: new Uint8Array(64) } }))],
  ])('are refused, and the owner is named, with %s', async (_what, tamper) => {
    store('a', 'truth');
    tamper(keeper);
    expect(await refusal(read('a'))).toMatch(/^STATE_FORGED .*AuroraMSP at AuroraMSP:7001: STATE_FORGED/);
    expect(await refusal(readSet())).toMatch(/^STATE_FORGED/);
  });

  it('are compared with what was opened under the same hash before', async () => {
    store('a', 'truth');
    expect(await read('a')).toBe('truth');
    keeper.tamper = (served) => ({ ...served, value: Buffer.from('lie') });
    expect(await refusal(read('a'))).toMatch(/^STATE_FORGED/);
    keeper.tamper = (served) => ({ ...served, key: 'b' });
    expect(await refusal(read('a'))).toMatch(/^STATE_FORGED/);
  });

  it('are refused when a page mixes them with packets', async () => {
    const packet = store('a', 'truth');
    keeper.tamperContent = (content) => ({ ...content, sets: content.sets!.map((set) => ({ ...set, packets: [packet] })) }) as typeof content;
    expect(await refusal(readSet())).toMatch(/^STATE_FORGED/);
  });

  it('come through a new channel when the node has forgotten the old one', async () => {
    store('a', 'x');
    expect(await read('a')).toBe('x');
    keeper.restart();
    expect(await read('a')).toBe('x');
    expect(keeper.evidence).toHaveLength(2);
    // A renewed certificate is proved as well.
    certified = await net.issueComputeNode();
    scope = { ...scope, signer: heldKeysOf(net, certified).signer(net.contractPolicy.suite) };
    expect(await read('a')).toBe('x');
    expect(keeper.evidence).toHaveLength(3);
  });

  it('come through a channel that was opened meanwhile, when the one before it is given up late', async () => {
    const { network, channel } = net;
    const attester = createSimulatedAttester({ ...createDevelopmentPlatform({ root: net.developmentRoot, name: 'platform', now: net.now }), measurement: new Uint8Array(48) });
    const channels = createReaderChannels({ attester, network, channel });
    const first = await channels.channel(keeper, scope, 1_000);
    channels.forget(keeper, scope, first);
    const second = await channels.channel(keeper, scope, 1_000);
    channels.forget(keeper, scope, first);
    expect(await channels.channel(keeper, scope, 1_000)).toBe(second);
    expect(second).not.toBe(first);
  });

  it.each<[string, string, () => void]>([
    ['is signed by another organisation', 'IDENTITY_UNTRUSTED', () => (keeper = createFakeKeeper(net, node, net.organisation('BorealisMSP').peer.signer))],
    ['is signed by no peer', 'IDENTITY_WRONG_ROLE', () => (keeper = createFakeKeeper(net, node, net.organisation('AuroraMSP').client.signer))],
    ['is of another key', 'SIGNATURE_INVALID', () => (keeper.tamperAdmission = (admission) => ({ ...admission, enc: suiteByName('P256-AES256GCM-SHA256').generateKemKeyPair().publicKey }))],
    ['is not signed', 'SIGNATURE_INVALID', () => (keeper.tamperAdmission = ({ channelId, enc }) => ({ $typeName: 'selvedge.v1.ReaderAdmission', channelId, enc }) as never)],
    ['is for another challenge', 'SIGNATURE_INVALID', () => (keeper.tamperAdmission = (admission) => ({ ...admission, signature: create(IdentitySignatureSchema, signAs(net.organisation('AuroraMSP').peer.signer, signing.readerAdmission(new Uint8Array(32), new Uint8Array(65), admission.channelId, admission.enc))) }))],
    ['names no channel', 'MALFORMED_MESSAGE', () => (keeper.tamperAdmission = (admission) => ({ ...admission, channelId: new Uint8Array(3) }))],
  ])('are not asked for through a channel whose admission %s', async (_what, code, change) => {
    store('a', 'x');
    change();
    const { network, channel } = net;
    const attester = createSimulatedAttester({ ...createDevelopmentPlatform({ root: net.developmentRoot, name: 'platform', now: net.now }), measurement: new Uint8Array(48) });
    const channels = createReaderChannels({ attester, network, channel });
    expect(await refusal(channels.channel(keeper, scope, 1_000))).toContain(code);
    keeper.tamperAdmission = (admission) => admission;
    if (code === 'SIGNATURE_INVALID') expect((await channels.channel(keeper, scope, 1_000)).id).toHaveLength(16);
  });

  it('are refused by name to nodes that cannot prove themselves', async () => {
    store('a', 'x');
    const { network, channel } = net;
    source = createStateFetcher({ network, channel, nodes: [keeper], clock: () => 0, historyConfirmer: createHistoryConfirmer({ followers: [] }), confirmer: createSetConfirmer({ followers: [] }) });
    expect(await refusal(read('a'))).toContain('FEATURE_UNSUPPORTED');
    expect(keeper.evidence).toEqual([]);
  });

  it('fail no reads of other datasets of the same moment when the channel does not open', async () => {
    store('a', 'x');
    const packet = sealTestPacket(net, { dataset: 'auroraStones', key: 's', value: 'x' });
    node.put('aurora', packet.bytes);
    keeper.tamperAdmission = (admission) => ({ ...admission, channelId: new Uint8Array(3) });
    const other = source.readPoint(scope, { ownerSet: 'aurora', owners: ['AuroraMSP'], dataset: 'auroraStones', ledgerKey: packet.ledgerKey, open: (served) => served !== undefined });
    expect(await Promise.all([refusal(read('a')), other])).toEqual([expect.stringContaining('MALFORMED_MESSAGE'), true]);
  });

  it('leave other datasets as they are', async () => {
    const packet = sealTestPacket(net, { dataset: 'auroraStones', key: 's', value: 'x' });
    node.put('aurora', packet.bytes);
    const open = (served: ServedEntry | undefined): boolean => served instanceof Uint8Array;
    expect(await source.readPoint(scope, { ownerSet: 'aurora', owners: ['AuroraMSP'], dataset: 'auroraStones', ledgerKey: packet.ledgerKey, open })).toBe(true);
    expect(keeper.evidence).toEqual([]);
  });
});
