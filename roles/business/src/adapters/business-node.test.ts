import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { create } from '@bufbuild/protobuf';
import { createSequencerHandlers, openLedgerStore, openSequencer } from '@selvedge/embedded-ledger';
import {
  createEndorsedTransaction, createStageRequest, createTargetData, createTestBootstrap, createTestConsortium, createTestGenesis, encodeTransaction, endorserSigners,
  refusalCodeOf, TEST_CONTRACT, type TargetDataInput, type TestComputeNode, type TestConsortium,
} from '@selvedge/fixtures';
import {
  Business, BusinessLedger, encodeMessage, EndorsedTransactionSchema, EndorsementPayloadSchema, Follower, LedgerViewStatementSchema, LIMITS, OwnerKeysSchema, parseCore, parseMessage, PointReadSchema, Sequencer, SetReadSchema, signing, ValidationCode,
  type EndorsedTransaction, type Receipt, type TargetData,
} from '@selvedge/protocol';
import { facts, listFacts, readOwnerKey, verifyOwnerKeys } from '@selvedge/policy';
import { connectRpc, implement, startRpcServer } from '@selvedge/rpc';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PendingLimits } from '../store/pending-store.js';
import { startBusinessNode, type BusinessNode } from './business-node.js';

const OWNERS = ['AuroraMSP', 'BorealisMSP'];
const WRITES = [{ dataset: 'tradeOffers', key: 'o1', value: 'offer' }];

let root: string;
let consortium: TestConsortium;
let compute: TestComputeNode;
let sequencerAddress: string;
const closing: (() => Promise<void> | void)[] = [];
const passed: string[] = [];

beforeEach(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'selvedge-node-'));
  passed.length = 0;
  consortium = await createTestConsortium();
  compute = await consortium.issueComputeNode();
  const sequencer = await openSequencer({
    store: openLedgerStore({ directory: path.join(root, 'sequencer') }),
    signer: consortium.organisation('OrdererMSP').orderer.signer,
    genesis: createTestGenesis(consortium),
    network: consortium.network,
    channel: consortium.channel,
  });
  const server = await startRpcServer({ role: 'sequencer', address: '127.0.0.1:0', tls: 'off', services: [implement(Sequencer, createSequencerHandlers(sequencer))] });
  sequencerAddress = server.address;
  closing.push(async () => {
    await server.close(100);
    await sequencer.close();
  });
  await sequencer.submit(createTestBootstrap(consortium));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(root, { recursive: true });
});

const plaintextIn = (directory: string) => ({ place: { kind: 'embedded' as const, directory: path.join(directory, 'plaintext') }, keyFile: path.join(directory, 'owner-key') });

function dial(address: string) {
  const connection = connectRpc(address, { tls: 'off' });
  closing.push(() => { connection.close(); });
  return { business: connection.client(Business), ledger: connection.client(BusinessLedger), follower: connection.client(Follower), sequencer: connection.client(Sequencer) };
}

async function start(mspId: string, pending?: PendingLimits): Promise<ReturnType<typeof dial> & { readonly node: BusinessNode }> {
  const node = await startBusinessNode({
    listen: '127.0.0.1:0',
    directory: path.join(root, mspId),
    profile: consortium.profile,
    signer: consortium.organisation(mspId).peer.signer,
    ledger: { kind: 'embedded', sequencer: sequencerAddress },
    plaintext: plaintextIn(path.join(root, mspId)),
    tls: 'off',
    now: () => consortium.now,
    checkpoint: (name, subject = '') => passed.push(`${mspId} ${name} ${subject}`),
    pending,
  });
  closing.push(() => node.close());
  const clients = dial(node.address);
  // Block 0 and the bootstrap.
  await expect.poll(async () => heightOf(clients), { timeout: 10_000 }).toBeGreaterThanOrEqual(2n);
  return { ...clients, node };
}

async function heightOf({ follower }: Pick<ReturnType<typeof dial>, 'follower'>): Promise<bigint> {
  const answer = await follower.getLedgerView({ nonce: new Uint8Array(16) }).catch(() => undefined);
  return answer === undefined ? 0n : parseMessage(LedgerViewStatementSchema, answer.statement, LIMITS.maxFactBytes).height;
}

const endorsed = (input: Partial<TargetDataInput> = {}): { targetData: TargetData; transaction: EndorsedTransaction; txId: Uint8Array } => {
  const targetData = createTargetData({ consortium, nodes: [compute], writes: WRITES, ...input });
  return { targetData, transaction: createEndorsedTransaction({ consortium, targetData }), txId: parseCore(targetData.cores[0]!).txId };
};
const withReceipts = (transaction: EndorsedTransaction, receipts: Receipt[]): Uint8Array =>
  encodeTransaction(create(EndorsedTransactionSchema, { ...transaction, receipts }));

describe('business nodes on a sequencer', () => {
  it('stage, commit and serve a transaction; a restart keeps it', async () => {
    const [aurora, borealis] = [await start('AuroraMSP'), await start('BorealisMSP')];
    const { targetData, transaction, txId } = endorsed();
    const receipts = await Promise.all([aurora, borealis].map(({ ledger }, i) => ledger.stage(createStageRequest(consortium, targetData, transaction, OWNERS[i]!))));
    await dial(sequencerAddress).sequencer.submit({ transaction: withReceipts(transaction, receipts) });
    for (const { ledger } of [aurora, borealis]) {
      expect(await ledger.commitStatus({ txId, waitMs: 10_000 })).toMatchObject({ known: true, code: ValidationCode.VALID });
    }

    const { names } = consortium.contractKeys;
    const place = { ownerSet: 'trade', dataset: 'tradeOffers' };
    const ask = (recipient: string) => compute.signStateQuery({
      contract: TEST_CONTRACT,
      recipient,
      points: [create(PointReadSchema, { ...place, ledgerKey: names.ledgerKey('tradeOffers', 'o1') }), create(PointReadSchema, { ...place, ledgerKey: names.ledgerKey('tradeOffers', 'o2') })],
      sets: [create(SetReadSchema, { ...place, datasetTag: names.datasetTag('tradeOffers', '') })],
    });
    const packet = Buffer.from(targetData.attachments!.packets[0]!);
    const expected = { height: 3n, points: [{ present: true, packet }, { present: false }], sets: [{ packets: [packet], more: false }] };
    expect(await aurora.business.queryState(ask('AuroraMSP'))).toMatchObject(expected);
    expect(await borealis.business.queryState(ask('BorealisMSP'))).toMatchObject(expected);

    await aurora.node.close();
    const again = await start('AuroraMSP');
    expect(await again.business.queryState(ask('AuroraMSP'))).toMatchObject(expected);
    expect(await again.ledger.commitStatus({ txId, waitMs: 0 })).toMatchObject({ known: true, code: ValidationCode.VALID, blockNumber: 2n });

    const removal = endorsed({ writes: [{ dataset: 'tradeOffers', key: 'o1' }] });
    const parties = [again, borealis];
    const second = await Promise.all(parties.map(({ ledger }, i) => ledger.stage(createStageRequest(consortium, removal.targetData, removal.transaction, OWNERS[i]!))));
    await dial(sequencerAddress).sequencer.submit({ transaction: withReceipts(removal.transaction, second) });
    expect(await again.ledger.commitStatus({ txId: removal.txId, waitMs: 10_000 })).toMatchObject({ known: true, code: ValidationCode.VALID });
    expect(await again.business.queryState(ask('AuroraMSP'))).toMatchObject({ points: [{ present: false }, { present: false }], sets: [{ packets: [] }] });
  });

  it('say what copies for them are sealed to, the same after a restart, and admit no reader without evidence', async () => {
    const aurora = await start('AuroraMSP');
    const value = encodeMessage(OwnerKeysSchema, await aurora.business.getOwnerKeys({}));
    verifyOwnerKeys('AuroraMSP', value, consortium.profile);
    const keysIn = (bytes: Uint8Array): (string | undefined)[] => {
      const reader = listFacts([{ key: facts.ownerKeys('AuroraMSP'), value: bytes }]);
      return consortium.profile.message.allowedSuites.map((suite) => readOwnerKey(reader, 'AuroraMSP', suite)).map((key) => key && Buffer.from(key).toString('hex'));
    };
    expect(keysIn(value)).not.toContain(undefined);
    const { nonce } = await aurora.business.challengeReader({});
    const reader = { certificate: compute.certificate, recipient: 'AuroraMSP', profileDigest: consortium.profile.digest };
    expect(await refusalCodeOf(aurora.business.admitReader({ ...reader, nonce: new Uint8Array(32) }))).toBe('CHALLENGE_UNKNOWN');
    expect(await refusalCodeOf(aurora.business.admitReader({ ...reader, nonce }))).toBe('EVIDENCE_MALFORMED');
    await aurora.node.close();
    const again = await start('AuroraMSP');
    expect(keysIn(encodeMessage(OwnerKeysSchema, await again.business.getOwnerKeys({})))).toEqual(keysIn(value));
  });

  it('sync before they acknowledge', async () => {
    const aurora = await start('AuroraMSP');
    const { targetData, transaction, txId } = endorsed();
    await aurora.ledger.stage(createStageRequest(consortium, targetData, transaction, 'AuroraMSP'));
    const hex = Buffer.from(txId).toString('hex');
    expect(passed.filter((line) => line.includes('stage'))).toEqual(['before-sync', 'after-sync', 'before-ack'].map((moment) => `AuroraMSP business.stage.${moment} ${hex}`));
  });

  it('give a receipt again for the same transaction, with a later or equal end', async () => {
    const aurora = await start('AuroraMSP');
    const { targetData, transaction } = endorsed();
    const request = createStageRequest(consortium, targetData, transaction, 'AuroraMSP');
    const [first, second] = [await aurora.ledger.stage(request), await aurora.ledger.stage(request)];
    expect(second.expiresAtHeight).toBeGreaterThanOrEqual(first.expiresAtHeight);
    const { targetDigest } = parseMessage(EndorsementPayloadSchema, transaction.endorsementPayload, LIMITS.maxMessageBytes);
    const signed = signing.receipt(consortium.network, consortium.channel, targetDigest, second.node, second.expiresAtHeight);
    expect(consortium.profile.msps.verifySignature({ identity: second.node, signature: second.signature }, signed, { role: 'peer' }).mspId).toBe('AuroraMSP');
  });

  it('refuse over the wire with the code of the check', async () => {
    const aurora = await start('AuroraMSP', { maxCount: 1, maxBytes: 1_000_000, lifeBlocks: 10n });
    const { targetData, transaction } = endorsed({ writes: [{ dataset: 'borealisStones', key: 's', value: '1' }] });
    expect(await refusalCodeOf(aurora.ledger.stage(createStageRequest(consortium, targetData, transaction, 'BorealisMSP')))).toBe('NOT_DECLARED_HERE');
    const few = createEndorsedTransaction({ consortium, targetData, endorsers: endorserSigners(consortium, ['NorthMSP']) });
    expect(await refusalCodeOf(aurora.ledger.stage(createStageRequest(consortium, targetData, few, 'BorealisMSP')))).toBe('ENDORSEMENT_POLICY_FAILURE');
    const query = compute.signStateQuery({ contract: TEST_CONTRACT, recipient: 'BorealisMSP' });
    expect(await refusalCodeOf(aurora.business.queryState(query))).toBe('WRONG_RECIPIENT');
    const stage = (): Promise<string | undefined> => {
      const own = endorsed();
      return refusalCodeOf(aurora.ledger.stage(createStageRequest(consortium, own.targetData, own.transaction, 'AuroraMSP')));
    };
    expect([await stage(), await stage()]).toEqual([undefined, 'OVERLOADED']);
  });

  it('know of no commit for a transaction that was never ordered', async () => {
    const aurora = await start('AuroraMSP');
    expect(await aurora.ledger.commitStatus({ txId: new Uint8Array(32), waitMs: 20 })).toMatchObject({ known: false });
  });

  it('do not accept a commit on a receipt that has ended', async () => {
    const limits = { maxCount: 10, maxBytes: 1_000_000, lifeBlocks: 1n };
    const [aurora, borealis] = [await start('AuroraMSP', limits), await start('BorealisMSP', limits)];
    const { sequencer } = dial(sequencerAddress);
    const late = endorsed();
    const stage = (of: ReturnType<typeof endorsed>) => Promise.all([aurora, borealis].map(({ ledger }, i) => ledger.stage(createStageRequest(consortium, of.targetData, of.transaction, OWNERS[i]!))));
    const receipts = await stage(late);
    const timely = endorsed({ writes: [{ dataset: 'tradeOffers', key: 'o2', value: '2' }] });
    await sequencer.submit({ transaction: withReceipts(timely.transaction, await stage(timely)) });
    expect(await aurora.ledger.commitStatus({ txId: timely.txId, waitMs: 10_000 })).toMatchObject({ code: ValidationCode.VALID });
    await sequencer.submit({ transaction: withReceipts(late.transaction, receipts) });
    expect(await aurora.ledger.commitStatus({ txId: late.txId, waitMs: 10_000 })).toMatchObject({ code: ValidationCode.ENDORSEMENT_POLICY_FAILURE });
  });

  it('do not start under an identity that is not a peer’s', async () => {
    const { signer } = consortium.organisation('AuroraMSP').client;
    const starting = startBusinessNode({ listen: '127.0.0.1:0', directory: path.join(root, 'wrong'), profile: consortium.profile, signer, ledger: { kind: 'embedded', sequencer: sequencerAddress }, plaintext: plaintextIn(path.join(root, 'wrong')), tls: 'off', now: () => consortium.now });
    expect(await refusalCodeOf(starting)).toBe('INVALID_CONFIGURATION');
  });
});
