import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sha256, toHex } from '@selvedge/crypto';
import { collectionOf, parseDelivered } from '@selvedge/fabric';
import type { DeliveredBlock, FabricBlockSource } from '@selvedge/fabric-network/follower';
import { createTargetData, createTestConsortium, joinTargetData, randomTxId, refusalCodeOf, TEST_CONTRACT, type TargetDataInput, type TestComputeNode, type TestConsortium, type TestWrite } from '@selvedge/fixtures';
import { createBlockFeed, createFabricChain, createFabricEndorsed, createFabricPolicyChange, type FabricEndorsed, type TestBlockFeed, type TestFabricChain } from '@selvedge/fixtures/fabric';
import { facts } from '@selvedge/policy';
import { Business, BusinessLedger, parseCore, StorageMode, ValidationCode, type SignedStateQuery, type TargetData } from '@selvedge/protocol';
import { connectRpc } from '@selvedge/rpc';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openPlaintextStore } from '../plaintext/open-plaintext-store.js';
import { createOwnerKeyPairs } from '../plaintext/owner-key-pairs.js';
import { serveBusiness } from './business-node.js';
import { followFabric } from './open-fabric-ledger.js';
import type { OpenLedger } from './open-ledger.js';

const WAIT_MS = 5_000;
const OWNER_KEYS = createOwnerKeyPairs(new Uint8Array(32).fill(7));

let consortium: TestConsortium;
let compute: TestComputeNode;
let chain: TestFabricChain;
let feed: TestBlockFeed;
let root: string;
let reads: string[];
let closing: (() => unknown)[];
beforeAll(async () => {
  consortium = await createTestConsortium();
  compute = await consortium.issueComputeNode();
});
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'selvedge-fabric-business-'));
  chain = createFabricChain(consortium.channel);
  feed = createBlockFeed(chain);
  reads = [];
  closing = [];
  chain.add({ transaction: chain.transaction(createFabricPolicyChange(consortium.state.factEntries().filter(({ key }) => key === facts.profile))) });
  chain.add({ transaction: chain.transaction(createFabricPolicyChange(consortium.state.factEntries().filter(({ key }) => key !== facts.profile))) });
});
afterEach(async () => {
  consortium.restore();
  for (const close of closing.reverse()) await close();
  rmSync(root, { recursive: true });
});

const blocks: FabricBlockSource = {
  async *follow(from, signal) {
    for await (const bytes of feed.follow(from, signal)) yield parseDelivered(bytes) as DeliveredBlock;
  },
  async *read(from, to) {
    reads.push(`${String(from)}-${String(to)}`);
    for await (const bytes of feed.read(from, to)) yield parseDelivered(bytes) as DeliveredBlock;
  },
};

async function start(mspId: string, retry = { initialDelayMs: 5, maxDelayMs: 20 }, packetWaitMs?: number) {
  const plaintext = await openPlaintextStore({ channel: consortium.channel, node: mspId, ledger: toHex(consortium.profile.digest), place: { kind: 'embedded', directory: path.join(root, mspId, 'plaintext') } });
  const keeping = { plaintext, keyPairs: OWNER_KEYS };
  const context = { keeping, directory: path.join(root, mspId), profile: consortium.profile, signer: consortium.organisation(mspId).peer.signer, tls: 'off' as const, now: () => consortium.now };
  const ledger: OpenLedger = followFabric(blocks, { retry, packetWaitMs }, context);
  const node = await serveBusiness(ledger, { listen: '127.0.0.1:0', ...context });
  const connection = connectRpc(node.address, { tls: 'off' });
  let open = true;
  const close = async (): Promise<void> => {
    if (open) await node.close();
    if (open) await plaintext.close();
    open = false;
    connection.close();
  };
  closing.push(close);
  await ledger.follower.waitForHeight(BigInt(chain.blocks.length), WAIT_MS);
  return { business: connection.client(Business), commits: connection.client(BusinessLedger), close, ledger, plaintext };
}

/** The stones of Aurora, from the next block on. */
function keepInPlaintext(): void {
  const { datasets } = consortium.contractPolicy;
  consortium.setContractPolicy({ datasets: datasets.map(({ name, ownerSet }) => ({ name, ownerSet, mode: name === 'auroraStones' ? StorageMode.PLAINTEXT : StorageMode.CIPHERTEXT })) });
  chain.add({ transaction: chain.transaction(createFabricPolicyChange(consortium.state.factEntries().filter(({ key }) => key === facts.contract(TEST_CONTRACT)))) });
}

interface Made {
  readonly txId: Uint8Array;
  readonly endorsed: FabricEndorsed;
  readonly packets: readonly Uint8Array[];
}
const make = (writes: readonly TestWrite[], recipients: NonNullable<TargetDataInput['recipients']> = () => []): Made => {
  const txId = randomTxId();
  const targetData = createTargetData({ consortium, nodes: [], txId, writes, recipients });
  return { txId, endorsed: createFabricEndorsed(consortium, targetData), packets: targetData.attachments!.packets };
};
const commit = (made: Pick<Made, 'endorsed'>, collections?: readonly string[]): number => {
  chain.add({ transaction: chain.transaction(made.endorsed), ...(collections && { collections }) });
  feed.poke();
  return chain.blocks.length - 1;
};
const query = (recipient: string, ...keys: readonly string[]): SignedStateQuery => {
  const { names } = consortium.contractKeys;
  const points = keys.map((key) => ({ $typeName: 'selvedge.v1.PointRead' as const, ownerSet: 'aurora', dataset: 'auroraStones', ledgerKey: names.ledgerKey('auroraStones', key), withKeyPolicy: false, legacyKeyHash: new Uint8Array(0) }));
  const sets = keys.length > 0 ? [] : [{ $typeName: 'selvedge.v1.SetRead' as const, ownerSet: 'aurora', dataset: 'auroraStones', datasetTag: names.datasetTag('auroraStones', ''), after: new Uint8Array(0), maxBytes: 0, asPackets: false }];
  return { $typeName: 'selvedge.v1.SignedStateQuery', ...compute.signStateQuery({ contract: TEST_CONTRACT, recipient, points, sets }) };
};
const stone = (key: string, value?: string): TestWrite => ({ dataset: 'auroraStones', key, ...(value !== undefined && { value }) });
const hashes = (packets: readonly Uint8Array[]): string[] => packets.map((packet) => toHex(sha256(packet))).sort();

describe('a business node on a Fabric channel', () => {
  it('serves the packets that came with blocks, those of its own sets and no others', async () => {
    const made = make([stone('a', '1'), { dataset: 'borealisStones', key: 'b', value: '2' }]);
    commit(made);
    const aurora = await start('AuroraMSP');
    const answer = await aurora.business.queryState(query('AuroraMSP', 'a', 'none'));
    expect(answer.points.map(({ present }) => present)).toEqual([true, false]);
    expect(made.packets.map(toHex)).toContain(toHex(answer.points[0]!.packet));
    expect((await aurora.business.queryState(query('AuroraMSP'))).sets[0]!.packets.map(toHex)).toEqual([toHex(answer.points[0]!.packet)]);
    expect(await aurora.commits.commitStatus({ txId: made.txId, waitMs: WAIT_MS })).toMatchObject({ known: true, code: ValidationCode.VALID, blockNumber: 3n });
    const place = { contract: TEST_CONTRACT, ownerSet: 'borealis', dataset: 'borealisStones' };
    expect(aurora.ledger.packets.packet(place, consortium.contractKeys.names.ledgerKey('borealisStones', 'b'))).toBeUndefined();
    commit(make([stone('a')]));
    await aurora.ledger.follower.waitForHeight(5n, WAIT_MS);
    expect((await aurora.business.queryState(query('AuroraMSP', 'a'))).points[0]!.present).toBe(false);
    expect((await aurora.business.queryState(query('AuroraMSP'))).sets[0]!.packets).toEqual([]);
  });

  it('says what is missing, acknowledges no commit without it, and asks for the block again until it is there', async () => {
    const made = make([stone('a', '1')]);
    const block = commit(made, []);
    const aurora = await start('AuroraMSP');
    expect(await refusalCodeOf(aurora.business.queryState(query('AuroraMSP', 'a')))).toBe('STATE_MISSING_PACKET');
    expect(await refusalCodeOf(aurora.business.queryState(query('AuroraMSP')))).toBe('STATE_MISSING_PACKET');
    expect(await aurora.commits.commitStatus({ txId: made.txId, waitMs: 50 })).toMatchObject({ known: false });
    const waiting = aurora.commits.commitStatus({ txId: made.txId, waitMs: WAIT_MS });
    chain.show(block, 0);
    expect(await waiting).toMatchObject({ known: true, code: ValidationCode.VALID });
    expect(hashes([(await aurora.business.queryState(query('AuroraMSP', 'a'))).points[0]!.packet])).toEqual(hashes(made.packets));
    expect(new Set(reads)).toEqual(new Set([`${String(block)}-${String(block)}`]));
    const asked = reads.length;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(reads).toHaveLength(asked);
  });

  it('remembers its gaps over a restart', async () => {
    const made = make([stone('a', '1')]);
    const block = commit(made, []);
    await (await start('AuroraMSP', { initialDelayMs: 60_000, maxDelayMs: 60_000 })).close();
    chain.show(block, 0);
    const aurora = await start('AuroraMSP');
    expect(await aurora.commits.commitStatus({ txId: made.txId, waitMs: WAIT_MS })).toMatchObject({ known: true });
  });

  it('fills what can be filled beside what never arrives, and forgets what was written anew', async () => {
    const lost = make([stone('lost', '1')]);
    const late = make([stone('late', '1')]);
    commit(lost, []);
    const block = commit(late, []);
    const aurora = await start('AuroraMSP');
    chain.show(block, 0);
    expect(await aurora.commits.commitStatus({ txId: late.txId, waitMs: WAIT_MS })).toMatchObject({ known: true });
    expect(await aurora.commits.commitStatus({ txId: lost.txId, waitMs: 0 })).toMatchObject({ known: false });
    const waiting = aurora.commits.commitStatus({ txId: lost.txId, waitMs: WAIT_MS });
    const anew = make([stone('lost', '2')]);
    commit(anew);
    expect(await waiting).toMatchObject({ known: true, code: ValidationCode.VALID });
    expect(hashes([(await aurora.business.queryState(query('AuroraMSP', 'lost'))).points[0]!.packet])).toEqual(hashes(anew.packets));
  });

  it('brings copies into the store of plaintext in the order of blocks, also those that come late, or never since their entry was written anew', async () => {
    keepInPlaintext();
    const recipients = (dataset: string) => (dataset === 'auroraStones' ? [{ mspId: 'AuroraMSP', publicKey: OWNER_KEYS.keyPair(consortium.contractPolicy.suite).publicKey }] : []);
    const lost = make([stone('lost', '1')], recipients);
    const late = make([stone('late', '1')], recipients);
    commit(lost, []);
    const block = commit(late, []);
    commit(make([stone('gone', '1'), stone('stays', '1')], recipients));
    commit(make([stone('gone')]));
    // No packet is given up for its time.
    const aurora = await start('AuroraMSP', undefined, 60_000);
    const valueOf = async (key: string): Promise<string | undefined> => {
      const entry = await aurora.plaintext.get(TEST_CONTRACT, 'auroraStones', consortium.contractKeys.names.ledgerKey('auroraStones', key));
      return entry && Buffer.from(entry.value).toString();
    };
    await new Promise((resolve) => setTimeout(resolve, 100));
    // Nothing of later blocks before what is missing of earlier ones.
    expect([await valueOf('late'), await valueOf('stays')]).toEqual([undefined, undefined]);
    chain.show(block, 0);
    commit(make([stone('lost', '2')], recipients));
    await expect.poll(() => aurora.plaintext.checkpoint(), { timeout: WAIT_MS }).toBe(BigInt(chain.blocks.length - 1));
    expect([await valueOf('late'), await valueOf('stays'), await valueOf('gone'), await valueOf('lost')]).toEqual(['1', '1', undefined, '2']);
  });

  it('does not keep every table waiting for a packet that is withheld, and takes it when it comes after all', async () => {
    keepInPlaintext();
    const recipients = () => [{ mspId: 'AuroraMSP', publicKey: OWNER_KEYS.keyPair(consortium.contractPolicy.suite).publicKey }];
    const block = commit(make([stone('withheld', '1')], recipients), []);
    commit(make([stone('other', '1')], recipients));
    const aurora = await start('AuroraMSP', undefined, 50);
    const isThere = async (key: string): Promise<boolean> => (await aurora.plaintext.get(TEST_CONTRACT, 'auroraStones', consortium.contractKeys.names.ledgerKey('auroraStones', key))) !== undefined;
    await expect.poll(() => isThere('other'), { timeout: WAIT_MS }).toBe(true);
    expect(await isThere('withheld')).toBe(false);
    chain.show(block, 0);
    commit(make([stone('next', '1')], recipients));
    await expect.poll(() => isThere('next'), { timeout: WAIT_MS }).toBe(true);
    commit(make([stone('last', '1')], recipients));
    await expect.poll(() => isThere('withheld'), { timeout: WAIT_MS }).toBe(true);
  });

  it.each([true, false])('puts nothing into the table of a dataset that was written to the collection of another owner set; it came late: %s', async (isLate) => {
    keepInPlaintext();
    const recipients = () => [{ mspId: 'AuroraMSP', publicKey: OWNER_KEYS.keyPair(consortium.contractPolicy.suite).publicKey }];
    const { endorsed } = make([stone('forged', '1')], recipients);
    const namespaces = endorsed.namespaces.map(({ collections = [], ...namespace }) => ({ ...namespace, collections: collections.map((each) => (each.collection === collectionOf('aurora') ? { ...each, collection: collectionOf('trade') } : each)) }));
    const block = commit({ endorsed: { ...endorsed, responsePayload: Uint8Array.of(1), namespaces } }, isLate ? [] : undefined);
    const aurora = await start('AuroraMSP');
    if (isLate) chain.show(block, 0);
    const place = { contract: TEST_CONTRACT, ownerSet: 'trade', dataset: 'auroraStones' };
    const ledgerKey = consortium.contractKeys.names.ledgerKey('auroraStones', 'forged');
    await expect.poll(() => aurora.ledger.packets.packet(place, ledgerKey), { timeout: WAIT_MS }).toBeDefined();
    commit(make([stone('next', '1')], recipients));
    await expect.poll(() => aurora.plaintext.checkpoint(), { timeout: WAIT_MS }).toBe(BigInt(chain.blocks.length - 1));
    expect(await aurora.plaintext.get(TEST_CONTRACT, 'auroraStones', ledgerKey)).toBeUndefined();
    expect(await aurora.plaintext.get(TEST_CONTRACT, 'auroraStones', consortium.contractKeys.names.ledgerKey('auroraStones', 'next'))).toBeDefined();
  });

  it('takes a private value for a packet only under the hash that the block names', async () => {
    const made = make([stone('a', '1')]);
    const transaction = chain.transaction(made.endorsed);
    const forged = chain.transaction({ ...made.endorsed, namespaces: make([stone('a', 'forged')]).endorsed.namespaces });
    chain.add({ transaction: { ...transaction, privateData: forged.privateData } });
    const aurora = await start('AuroraMSP');
    expect(await refusalCodeOf(aurora.business.queryState(query('AuroraMSP', 'a')))).toBe('STATE_MISSING_PACKET');
    expect(await aurora.commits.commitStatus({ txId: made.txId, waitMs: 50 })).toMatchObject({ known: false });
  });

  it('stores what the response does not name by its own header, and only under its own key', async () => {
    const made = make([stone('a', '1')]);
    commit({ endorsed: { ...made.endorsed, responsePayload: Uint8Array.of(1) } });
    const aurora = await start('AuroraMSP');
    expect(hashes([(await aurora.business.queryState(query('AuroraMSP', 'a'))).points[0]!.packet])).toEqual(hashes(made.packets));
    const moved = make([stone('b', '1')]);
    const [first, ...rest] = moved.endorsed.namespaces[0]!.collections!;
    const collections = [{ ...first!, writes: first!.writes!.map((write) => ({ ...write, key: `d${toHex(consortium.contractKeys.names.ledgerKey('auroraStones', 'a'))}` })).slice(0, 1) }, ...rest];
    commit({ endorsed: { ...moved.endorsed, namespaces: [{ namespace: TEST_CONTRACT, collections }] } });
    await aurora.ledger.follower.waitForHeight(BigInt(chain.blocks.length), WAIT_MS);
    expect(await refusalCodeOf(aurora.business.queryState(query('AuroraMSP', 'a')))).toBe('STATE_MISSING_PACKET');
    commit({ endorsed: { ...make([stone('a')]).endorsed, responsePayload: Uint8Array.of(1) } });
    await aurora.ledger.follower.waitForHeight(BigInt(chain.blocks.length), WAIT_MS);
    expect((await aurora.business.queryState(query('AuroraMSP'))).sets[0]!.packets).toEqual([]);
  });

  it('refuses staged packets by name', async () => {
    const aurora = await start('AuroraMSP');
    expect(await refusalCodeOf(aurora.commits.stage({}))).toBe('FEATURE_UNSUPPORTED');
  });

  it('tells the verdicts of a batch in one answer, and at once that Fabric refused it as a whole', async () => {
    const batch = (...items: TargetData[]): { readonly endorsed: FabricEndorsed; readonly txIds: Uint8Array[] } => ({ endorsed: createFabricEndorsed(consortium, joinTargetData([], items)), txIds: items.map(({ cores: [core] }) => parseCore(core!).txId) });
    const item = (key: string): TargetData => createTargetData({ consortium, nodes: [], writes: [stone(key, '1')] });
    const [good, bad] = [batch(item('a'), item('b')), batch(item('c'), item('d'))];
    commit({ endorsed: { ...good.endorsed, ...{ fabricTxId: toHex(good.txIds[0]!) } } });
    const aurora = await start('AuroraMSP');
    // Under the id of Fabric's transaction, as clients make them.
    const told = await aurora.commits.batchCommitStatus({ txIds: good.txIds, waitMs: WAIT_MS });
    expect([told.items.map(({ known, code, blockNumber }) => [known, code, blockNumber]), told.carrier]).toEqual([good.txIds.map(() => [true, ValidationCode.VALID, 3n]), undefined]);
    // Far longer than the test may take: it ends with Fabric's verdict.
    const waiting = aurora.commits.batchCommitStatus({ txIds: bad.txIds, waitMs: 60_000 });
    chain.add({ transaction: { ...chain.transaction({ ...bad.endorsed, fabricTxId: toHex(bad.txIds[0]!) }) }, flag: 10 });
    feed.poke();
    const answer = await waiting;
    expect(answer.items.map(({ known }) => known)).toEqual([false, false]);
    expect(answer.carrier).toMatchObject({ code: ValidationCode.ENDORSEMENT_POLICY_FAILURE, blockNumber: 4n });
    expect(toHex(answer.carrier!.txId)).toBe(toHex(bad.txIds[0]!));
    expect((await aurora.commits.batchCommitStatus({ txIds: [...bad.txIds].reverse(), waitMs: 0 })).carrier).toBeUndefined();
  });

  it('holds no commit back at a node that owns nothing of it', async () => {
    const made = make([stone('a', '1')]);
    commit(made, []);
    const celesta = await start('CelestaMSP');
    expect(await celesta.commits.commitStatus({ txId: made.txId, waitMs: WAIT_MS })).toMatchObject({ known: true, code: ValidationCode.VALID });
  });
});
