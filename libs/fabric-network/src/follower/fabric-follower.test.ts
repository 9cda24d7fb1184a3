import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sha256, toHex } from '@selvedge/crypto';
import { openLedgerStore } from '@selvedge/embedded-ledger';
import { parseDelivered } from '@selvedge/fabric';
import { createTargetData, createTestConsortium, createTestRevocationList, randomTxId, refusalCode, type TestConsortium, type TargetDataInput } from '@selvedge/fixtures';
import { createBlockFeed, createFabricChain, createFabricConfiguration, createFabricEndorsed, createFabricPolicyChange, type OrderedFabricTransaction, type TestBlockFeed, type TestFabricChain } from '@selvedge/fixtures/fabric';
import { toPem } from '@selvedge/identity';
import { createProfile, createSignedProfile, facts, signProfile, verifySignedProfile } from '@selvedge/policy';
import { coreDigest, historyHead, membershipGuardKey, parseCore, targetDigest, ValidationCode, type TargetData } from '@selvedge/protocol';
import { datasetRoot, tagRoot, type TaggedEntry } from '@selvedge/set-digest';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FabricAppliedBlock } from './applied-block.js';
import type { DeliveredBlock, FabricBlockSource } from './block-source.js';
import { openFabricFollower, type FabricFollower, type FabricFollowerOptions } from './open-fabric-follower.js';

const WAIT_MS = 5_000;

let consortium: TestConsortium;
let chain: TestFabricChain;
let feed: TestBlockFeed;
let directory: string;
let follower: FabricFollower;
let logged: { readonly fields: Record<string, unknown>; readonly message: string }[];

beforeAll(async () => {
  consortium = await createTestConsortium();
});
beforeEach(async () => {
  chain = createFabricChain(consortium.channel);
  feed = createBlockFeed(chain);
  directory = mkdtempSync(path.join(tmpdir(), 'selvedge-fabric-follower-'));
  logged = [];
  add({ transaction: chain.transaction(createFabricPolicyChange([{ key: facts.profile, value: consortium.signedProfile }])) });
  add({ transaction: chain.transaction(createFabricPolicyChange(consortium.state.factEntries().filter(({ key }) => key !== facts.profile))) });
  follower = open();
  follower.start();
  await follower.waitForHeight(3n, WAIT_MS);
});
afterEach(async () => {
  await follower.close();
  rmSync(directory, { recursive: true });
});

const source: Pick<FabricBlockSource, 'follow'> = {
  async *follow(from, signal) {
    for await (const bytes of feed.follow(from, signal)) yield parseDelivered(bytes) as DeliveredBlock;
  },
};
const open = (options: Partial<FabricFollowerOptions> = {}): FabricFollower => {
  const log = (fields: Record<string, unknown>, message: string): void => void logged.push({ fields, message });
  return openFabricFollower({ store: openLedgerStore({ directory }), profile: consortium.profile, blocks: source, role: 'business', log: { warn: log, error: log }, ...options });
};
const reopen = async (options: Partial<FabricFollowerOptions> = {}): Promise<void> => {
  await follower.close();
  follower = open(options);
  follower.start();
};
const add = (...transactions: readonly OrderedFabricTransaction[]): void => {
  chain.add(...transactions);
  feed.poke();
};
const targetOf = (input: Omit<TargetDataInput, 'consortium' | 'nodes'>): TargetData => createTargetData({ consortium, nodes: [], ...input });
const carried = (targetData: TargetData, flag = 0): OrderedFabricTransaction => ({ transaction: chain.transaction(createFabricEndorsed(consortium, targetData)), flag });
const endorsed = (input: Omit<TargetDataInput, 'consortium' | 'nodes'> = {}, flag = 0): OrderedFabricTransaction => carried(targetOf(input), flag);
const reached = (): Promise<boolean> => follower.waitForHeight(BigInt(chain.blocks.length), WAIT_MS);
const version = (key: string): string | undefined => {
  const found = follower.state.version(consortium.contract, 'houses', '', consortium.contractKeys.names.ledgerKey('', key));
  return found && toHex(found);
};
const packetHash = (input: Omit<TargetDataInput, 'consortium' | 'nodes'>): string => toHex(sha256(createTargetData({ consortium, nodes: [], ...input }).attachments!.packets[0]!));

describe('openFabricFollower', () => {
  it('has the policy’s facts, Fabric’s height and header hash', () => {
    expect(follower.head.facts.map(({ key }) => key)).toEqual(consortium.state.factEntries().map(({ key }) => key));
    const last = parseDelivered(chain.blocks.at(-1)!) as DeliveredBlock;
    expect([follower.head.height, toHex(follower.head.blockHash)]).toEqual([3n, toHex(last.block.hash)]);
    expect(toHex(follower.profile().digest)).toBe(toHex(consortium.profile.digest));
  });

  it('has the revocation lists of the channel’s configuration among the facts, and recognises nobody whom they name, after a restart too', async () => {
    const { signer } = consortium.organisation('AuroraMSP').client;
    const key = facts.channelRevocationLists('AuroraMSP');
    const configure = (...revocationLists: Uint8Array[]): OrderedFabricTransaction => ({ transaction: { ...endorsed().transaction, envelope: createFabricConfiguration(consortium.channel, [{ mspId: 'AuroraMSP', revocationLists }]) } });
    const status = (): string | undefined => refusalCode(() => follower.profile().msps.verifyIdentity(signer.serialized));
    expect(status()).toBeUndefined();
    add(configure(Buffer.from(toPem(await createTestRevocationList(consortium, 'AuroraMSP', [signer]), 'X509 CRL'))));
    await reached();
    expect(status()).toBe('IDENTITY_REVOKED');
    expect(follower.head.facts.map((fact) => fact.key)).toContain(key);
    await reopen();
    expect(status()).toBe('IDENTITY_REVOKED');
    add(configure());
    await reached();
    expect(status()).toBeUndefined();
    expect(follower.head.facts.map((fact) => fact.key)).not.toContain(key);
  });

  it('shows entries under their packet hash, guards under their writer, and forgets what is removed', async () => {
    const txId = randomTxId();
    const input = { txId, writes: [{ key: 'a', value: '1' }] };
    const targetData = targetOf(input);
    add(carried(targetData));
    await reached();
    expect(version('a')).toBe(packetHash(input));
    const tag = consortium.contractKeys.names.datasetTag('', '');
    expect(toHex(follower.state.guard(consortium.contract, 'houses', '', membershipGuardKey(tag))!)).toBe(toHex(txId));
    expect(await follower.waitForResult(txId, WAIT_MS)).toEqual({ code: ValidationCode.VALID, blockNumber: 3n, coreDigest: coreDigest(targetData.cores[0]!) });
    add(endorsed({ writes: [{ key: 'a' }] }));
    await reached();
    expect(version('a')).toBeUndefined();
  });

  it('has the hashes of what other chaincode keeps in collections, which a contract may take over one day, and none of what failed', async () => {
    const plain = (writes: { key: string; value?: Uint8Array }[], flag = 0): OrderedFabricTransaction => ({ transaction: chain.transaction({ chaincode: 'stones', namespaces: [{ namespace: 'stones', collections: [{ collection: 'old', writes }] }] }), flag });
    const legacy = (key: string): string | undefined => {
      const found = follower.state.legacyHash!('stones', 'old', sha256(Buffer.from(key)));
      return found && toHex(found);
    };
    const value = Buffer.from('1');
    add(plain([{ key: 'a', value }, { key: 'b', value }]), plain([{ key: 'c', value }], 11));
    await reached();
    expect(['a', 'b', 'c'].map(legacy)).toEqual([toHex(sha256(value)), toHex(sha256(value)), undefined]);
    add(plain([{ key: 'a' }]));
    await reached();
    await reopen();
    expect(['a', 'b'].map(legacy)).toEqual([undefined, toHex(sha256(value))]);
  });

  it('knows what each set was, by the responses’ writes alone', async () => {
    const { names } = consortium.contractKeys;
    const world = { contract: consortium.contract, ownerSet: 'houses', dataset: '', datasetTag: names.datasetTag('', '') };
    const txId = randomTxId();
    const inputs = [{ txId, writes: [{ key: 'a', value: '1' }, { key: 'b', value: '1' }] }, { writes: [{ key: 'b' }] }];
    for (const input of inputs) add(endorsed(input));
    await reached();
    const entry = (key: string, version: Uint8Array): TaggedEntry => ({ datasetTag: world.datasetTag, ledgerKey: names.ledgerKey('', key), packetHash: version });
    const a = entry('a', Buffer.from(version('a')!, 'hex'));
    expect([follower.setDigest(world, 4n).count, toHex(follower.setDigest(world, 4n).guardTxId)]).toEqual([2n, toHex(txId)]);
    expect(toHex(follower.setDigest(world, 5n).root)).toBe(toHex(tagRoot([a]).root));
    expect(toHex(follower.setDigest({ ...world, datasetTag: new Uint8Array(0) }, 5n).root)).toBe(toHex(datasetRoot([a]).root));
    // What was written is not what the response says: the entry is nobody's, and the set stays as it was.
    const other = createFabricEndorsed(consortium, createTargetData({ consortium, nodes: [], writes: [{ key: 'd', value: '1' }] }));
    add({ transaction: chain.transaction({ ...other, responsePayload: createFabricEndorsed(consortium, createTargetData({ consortium, nodes: [], writes: [{ key: 'e', value: '1' }] })).responsePayload }) });
    await reached();
    expect(toHex(follower.setDigest(world, 6n).root)).toBe(toHex(tagRoot([a]).root));
    expect(refusalCode(() => follower.setDigest(world, 7n))).toBe('SET_DIGEST_HEIGHT_UNKNOWN');
    await reopen();
    expect(toHex(follower.setDigest(world, 6n).root)).toBe(toHex(tagRoot([a]).root));
  });

  it('chains the versions of world state’s keys that responses name', async () => {
    const versions: FabricAppliedBlock['versions'][] = [];
    await reopen({ onApply: (block) => versions.push(block.versions) });
    const targets = [{ key: 'h', value: '1' }, { key: 'h' }].map((change) => createTargetData({ consortium, nodes: [], writes: [change, { dataset: 'auroraStones', key: 'h', value: 'private' }] }));
    for (const target of targets) add({ transaction: chain.transaction(createFabricEndorsed(consortium, target)) });
    await reached();
    const head = targets.reduce<Uint8Array>((previous, target) => {
      const { txId, timestampSeconds, timestampNanos, sections } = parseCore(target.cores[0]!);
      const { effect } = sections[0]!.writes.find(({ dataset }) => dataset === '')!;
      return historyHead(previous, { txId, timestampSeconds, timestampNanos, packetHash: effect.case === 'packetHash' ? effect.value : new Uint8Array(0) });
    }, new Uint8Array(0));
    const found = follower.state.history(consortium.contract, 'houses', '', consortium.contractKeys.names.ledgerKey('', 'h'));
    expect([toHex(found.head), found.count]).toEqual([toHex(head), 2n]);
    expect(versions.flat().map(({ ownerSet, count }) => [ownerSet, count])).toEqual([['houses', 1n], ['houses', 2n]]);
  });

  it('forgets entries and guards of a collection with blockToLive when peers do', async () => {
    const dataset = 'auroraStones';
    const ended: FabricAppliedBlock['ended'][] = [];
    const { datasets } = consortium.contractPolicy;
    consortium.setContractPolicy({ datasets: datasets.map((each) => (each.name === dataset ? { ...each, blockToLive: 1n } : each)) });
    add({ transaction: chain.transaction(createFabricPolicyChange([{ key: facts.contract(consortium.contract), value: consortium.state.fact(facts.contract(consortium.contract))! }])) });
    await reopen({ onApply: (block) => ended.push(block.ended) });
    const ledgerKey = (key: string): Uint8Array => consortium.contractKeys.names.ledgerKey(dataset, key);
    const shown = (): boolean[] => [...['a', 'b'].map((key) => follower.state.version(consortium.contract, 'aurora', dataset, ledgerKey(key))), follower.state.guard(consortium.contract, 'aurora', dataset, membershipGuardKey(consortium.contractKeys.names.datasetTag(dataset, '')))].map((found) => found !== undefined);
    add(endorsed({ writes: [{ dataset, key: 'a', value: '1' }, { dataset, key: 'b', value: '1' }] }));
    add(endorsed({ writes: [{ dataset, key: 'b', value: '2' }] }));
    await reached();
    expect(shown()).toEqual([true, true, true]);
    add(endorsed());
    await reached();
    expect(shown()).toEqual([false, true, true]);
    add(endorsed());
    await reached();
    expect(shown()).toEqual([false, false, false]);
    const set = { contract: consortium.contract, ownerSet: 'aurora', dataset, datasetTag: consortium.contractKeys.names.datasetTag(dataset, '') };
    const height = BigInt(chain.blocks.length);
    expect([height - 2n, height - 1n, height].map((at) => [follower.setDigest(set, at).count, follower.setDigest(set, at).guardTxId.length])).toEqual([[2n, 32], [1n, 32], [0n, 0]]);
    expect(ended.flat().flatMap(({ entry }) => (entry === undefined ? [] : [toHex(entry.ledgerKey)]))).toEqual([toHex(ledgerKey('a')), toHex(ledgerKey('b'))]);
    consortium.restore();
  });

  it('keeps Fabric’s verdicts under Fabric’s ids, and believes no id in what failed', async () => {
    const txId = randomTxId();
    const failed = endorsed({ txId, writes: [{ key: 'b', value: '1' }] }, 10);
    const staleTarget = createFabricEndorsed(consortium, targetOf({ txId, reads: [{ key: 'b', packetHash: new Uint8Array(32) }], writes: [{ key: 'b', value: '1' }] }));
    const stale = { transaction: chain.transaction({ ...staleTarget, fabricTxId: toHex(txId) }), flag: 11 };
    add(failed);
    await reached();
    expect(follower.state.result(txId)).toBeUndefined();
    expect(follower.fabricResult(failed.transaction.fabricTxId)).toEqual({ flag: 10, code: ValidationCode.ENDORSEMENT_POLICY_FAILURE, blockNumber: 3n });
    // In a transaction of another id, which leaves this one free.
    add({ ...stale, transaction: chain.transaction(staleTarget) });
    await reached();
    expect(follower.state.result(txId)).toBeUndefined();
    add(stale);
    await reached();
    expect(follower.state.result(txId)).toEqual({ code: ValidationCode.MVCC_READ_CONFLICT, blockNumber: 5n });
    const valid = targetOf({ txId, writes: [{ key: 'b', value: '1' }] });
    add(carried(valid));
    await reached();
    const kept = { code: ValidationCode.VALID, blockNumber: 6n, coreDigest: coreDigest(valid.cores[0]!) };
    expect(follower.state.result(txId)).toEqual(kept);
    add({ ...stale, transaction: chain.transaction({ ...createFabricEndorsed(consortium, targetOf({ txId, writes: [{ key: 'b', value: '2' }] })), fabricTxId: toHex(txId) }) });
    await reached();
    expect(follower.state.result(txId)).toEqual(kept);
    expect(follower.fabricResult('nothing')).toBeUndefined();
  });

  it('tells those who wait for a transaction of Fabric’s verdict on it, and lets nobody’s envelope hide a valid one', async () => {
    const txId = randomTxId();
    const named = { fabricTxId: toHex(txId) };
    const waiting = follower.waitUntil(txId, () => follower.fabricResult(named.fabricTxId), 60_000);
    const forged = createFabricEndorsed(consortium, createTargetData({ consortium, nodes: [], writes: [{ key: 'forged', value: '1' }] }));
    const genuine = createFabricEndorsed(consortium, createTargetData({ consortium, nodes: [], txId, writes: [{ key: 'genuine', value: '1' }] }));
    add({ transaction: chain.transaction({ ...forged, ...named }), flag: 8 }, { transaction: chain.transaction({ ...genuine, ...named }) });
    expect(await waiting).toEqual({ flag: 0, code: ValidationCode.VALID, blockNumber: 3n });
    add({ transaction: chain.transaction({ ...genuine, ...named }), flag: 9 });
    await reached();
    expect(follower.fabricResult(named.fabricTxId)).toEqual({ flag: 0, code: ValidationCode.VALID, blockNumber: 3n });
  });

  it('is where it was after a restart, and goes on', async () => {
    const txId = randomTxId();
    add(endorsed({ txId, writes: [{ key: 'c', value: '1' }] }));
    await reached();
    const { height, commitHash } = follower.head;
    const stored = version('c');
    await reopen();
    expect([follower.head.height, toHex(follower.head.commitHash), version('c')]).toEqual([height, toHex(commitHash), stored]);
    add(endorsed());
    expect(await reached()).toBe(true);
  });

  it('names the core of a valid gated transaction and its block, unless its response is not what was written', async () => {
    const changeCore = (core: { gated: boolean }): void => { core.gated = true; };
    const target = (key: string, txId = randomTxId()) => createTargetData({ consortium, nodes: [], txId, writes: [{ key, value: '1' }], changeCore });
    const id = randomTxId();
    const [gated, lost, one] = [target('g'), target('l'), target('m', id)];
    const mixed = { ...createFabricEndorsed(consortium, one), responsePayload: createFabricEndorsed(consortium, target('n', id)).responsePayload };
    add({ transaction: chain.transaction(createFabricEndorsed(consortium, gated)) }, { transaction: chain.transaction(createFabricEndorsed(consortium, lost)), flag: 11 }, endorsed({ writes: [{ key: 'p', value: '1' }] }), { transaction: chain.transaction(mixed) });
    await reached();
    const commitOf = ({ cores }: typeof gated) => follower.commitOf(parseCore(cores[0]!).txId);
    const found = commitOf(gated);
    expect([found?.code, found?.blockNumber]).toEqual([ValidationCode.VALID, 3n]);
    expect([toHex(found!.gated!.coreDigest), toHex(found!.gated!.blockHash)]).toEqual([toHex(targetDigest(gated.cores, new Uint8Array(0))), toHex(follower.head.blockHash)]);
    expect(commitOf(lost)?.gated).toBeUndefined();
    expect([commitOf(one)?.code, commitOf(one)?.gated]).toEqual([ValidationCode.VALID, undefined]);
    await reopen();
    expect(toHex(commitOf(gated)!.gated!.coreDigest)).toBe(toHex(found!.gated!.coreDigest));
  });

  it('tells of a response that is not what was written, and counts the writes', async () => {
    const targetData = createTargetData({ consortium, nodes: [], writes: [{ key: 'd', value: '1' }] });
    const good = createFabricEndorsed(consortium, targetData);
    const [earlier, txId] = [randomTxId(), randomTxId()];
    add(endorsed({ txId: earlier, writes: [{ key: 'c', value: '1' }] }));
    const other = createFabricEndorsed(consortium, createTargetData({ consortium, nodes: [], txId, writes: [{ key: 'other', value: '1' }] }));
    add({ transaction: chain.transaction({ ...good, responsePayload: other.responsePayload }) });
    await reached();
    expect(version('d')).toBe(toHex(sha256(targetData.attachments!.packets[0]!)));
    expect(follower.state.result(txId)).toBeUndefined();
    expect(logged.map(({ fields }) => fields.code)).toContain('WRITE_SET_MISMATCH');
    const tag = consortium.contractKeys.names.datasetTag('', '');
    const guard = follower.state.guard(consortium.contract, 'houses', '', membershipGuardKey(tag))!;
    expect(guard).toHaveLength(32);
    expect(toHex(guard)).not.toBe(toHex(earlier));
    add(endorsed({ txId, writes: [{ key: 'e', value: '1' }] }));
    await reached();
    expect(toHex(follower.state.guard(consortium.contract, 'houses', '', membershipGuardKey(tag))!)).toBe(toHex(txId));
  });

  it('gives its hook the private data that it wants, in the block’s own write', async () => {
    const applied: FabricAppliedBlock[] = [];
    await reopen({ wantsPrivateData: (_contract, collection) => collection === 'selvedge_aurora', onApply: (block) => void applied.push(block) });
    add(endorsed({ writes: [{ dataset: 'auroraStones', key: 'x', value: '1' }, { key: 'y', value: '2' }] }));
    await reached();
    const [{ transactions: [transaction] } = { transactions: [] }] = applied;
    expect(new Set(transaction!.privateValues.map(({ collection }) => collection))).toEqual(new Set(['selvedge_aurora']));
    expect(transaction!.entries.some(({ valueHash }) => valueHash && toHex(valueHash) === toHex(transaction!.privateValues[0]!.valueHash))).toBe(true);
    const height = follower.head.height;
    await reopen({ onApply: () => { throw new Error('no'); } });
    add(endorsed());
    expect(await follower.waitForHeight(height + 1n, 200)).toBe(false);
    expect(follower.state.height).toBe(height);
  });

  it('stands still, visibly, at a block that does not join, and goes on when the right one comes', async () => {
    await follower.close();
    const other = createFabricChain(consortium.channel);
    for (let i = 0; i < 3; i += 1) other.add({ transaction: other.transaction({ chaincode: 'x' }) });
    let blocks = other;
    const switching: Pick<FabricBlockSource, 'follow'> = { follow: async function* (from, signal) { for await (const bytes of createBlockFeed(blocks).follow(from, signal)) yield parseDelivered(bytes) as DeliveredBlock; } };
    follower = open({ blocks: switching, reconnect: { initialDelayMs: 5, maxDelayMs: 10 } });
    follower.start();
    await expect.poll(() => follower.failure?.code).toBe('LEDGER_CORRUPT');
    add(endorsed());
    blocks = chain;
    expect(await reached()).toBe(true);
    expect(follower.failure).toBeUndefined();
  });

  it('does not open a store of a release that kept nothing of other chaincodes’ collections', async () => {
    await follower.close();
    const store = openLedgerStore({ directory });
    await store.write(() => { store.database('meta').put(Buffer.from('format'), Buffer.of(3)); });
    expect(() => open({ store })).toThrow(expect.objectContaining({ code: 'LEDGER_CORRUPT', message: expect.stringContaining('older release') as string }));
    await store.close();
    rmSync(directory, { recursive: true });
    follower = open();
  });

  it('does not open a store that was begun under another profile', async () => {
    await follower.close();
    const bytes = createProfile({ ...consortium.profile.message, version: 7n });
    const other = verifySignedProfile(createSignedProfile(bytes, [...consortium.organisations.values()].map(({ admin }) => signProfile(bytes, admin.signer))));
    expect(refusalCode(() => open({ profile: other }))).toBe('PROFILE_MISMATCH');
    follower = open();
  });
});
