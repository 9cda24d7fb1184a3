import { createTestRevocation, issueTestIdentity } from '@selvedge/fixtures';
import { equalBytes, sha256 } from '@selvedge/crypto';
import { encodeContractNames, facts } from '@selvedge/policy';
import { ViewedWriteState } from '@selvedge/protocol';
import { placeOf } from '@selvedge/tee-node/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, attest, createTestViewer, ledgerKeyOf, net, view, type TestViewer } from './testdata/setting.js';

let test: TestViewer;
beforeEach(() => {
  test = createTestViewer();
});
afterEach(() => {
  net.restore();
});

const text = (value: Uint8Array | undefined): string | undefined => (value === undefined ? undefined : Buffer.from(value).toString());
const key = (name: string, dataset = '') => ({ question: { case: 'key' as const, value: { dataset, key: name } } });
const history = (name: string, dataset = '') => ({ question: { case: 'history' as const, value: { dataset, key: name } } });
const entries = (): Record<string, unknown>[] => test.lines.map((line) => JSON.parse((JSON.parse(line) as { body: string }).body) as Record<string, unknown>);
const signal = new AbortController().signal;

describe('an entitled reader', () => {
  it('sees the present value of a key, and of one that is absent or deleted that it is', async () => {
    test.write('k', 'one');
    const second = test.write('k', 'two');
    const { answer } = await view(test);
    expect(answer.versions.map(({ value, txId }) => [text(value), equalBytes(txId, second)])).toEqual([['two', true]]);
    test.write('k', undefined);
    expect((await view(test)).answer.versions).toEqual([]);
  });

  it('sees the history of a key, newest first', async () => {
    for (const value of ['one', 'two', undefined, 'three']) test.write('k', value);
    const { answer } = await view(test, { body: history('k') });
    expect(answer.versions.map(({ value, deleted }) => (deleted ? '(deleted)' : text(value)))).toEqual(['three', '(deleted)', 'two', 'one']);
  });

  it('sees a history that began under former names', async () => {
    for (const value of ['one', 'two']) test.write('k', value);
    net.state.setFact(facts.nameKeys(net.contract), encodeContractNames({ phase: 'settled', current: 2n, other: undefined, former: [1n], newest: 2n, commitments: [new Uint8Array(1)] }));
    try {
      expect((await view(test, { body: history('k') })).answer.versions.map(({ value }) => text(value))).toEqual(['two', 'one']);
      expect((await view(test)).answer.versions).toEqual([]);
    } finally {
      net.state.setFact(facts.nameKeys(net.contract), undefined);
    }
  });

  it('sees private data of the own organisation', async () => {
    test.store('aurora', 'auroraStones', 'ruby', 'red');
    test.store('trade', 'tradeOffers', 'offer', 'low');
    expect(text((await view(test, { body: key('ruby', 'auroraStones') })).answer.versions[0]?.value)).toBe('red');
    expect(text((await view(test, { body: key('offer', 'tradeOffers') })).answer.versions[0]?.value)).toBe('low');
    expect((await view(test, { body: key('opal', 'auroraStones') })).answer.versions).toEqual([]);
    expect((await view(test, { body: history('ruby', 'auroraStones') })).code).toBe('HISTORY_NOT_KEPT');
  });

  it('is told that a key without a packet is no absent one where a collection is taken over', async () => {
    test.store('aurora', 'auroraStones', 'ruby', 'red');
    net.setContractPolicy({ datasets: [{ name: 'auroraStones', ownerSet: 'aurora', takesOver: true }] });
    expect(text((await view(test, { body: key('ruby', 'auroraStones') })).answer.versions[0]?.value)).toBe('red');
    expect((await view(test, { body: key('opal', 'auroraStones') })).code).toBe('FEATURE_UNSUPPORTED');
  });

  it('is shown what key access rules leave to the viewer, by the ledger as it is now', async () => {
    test.write('k', 'one');
    const rule = { role: 'viewer', operatorMspId: 'AuroraMSP' };
    net.setContractPolicy({ keyAccess: [{ ...rule, nodeIds: ['viewer-2'] }] });
    expect((await view(test)).code).toBe('KEY_ACCESS_DENIED');
    net.setContractPolicy({ eventReaders: ['AuroraMSP'], keyAccess: [{ ...rule, purposes: ['events'] }] });
    expect((await view(test)).code).toBe('KEY_ACCESS_DENIED');
    net.setContractPolicy({ keyAccess: [{ ...rule, nodeIds: ['viewer-aurora'] }] });
    expect((await view(test)).code).toBeUndefined();
  });

  it('may be an administrator, or have the attribute, and nothing less', async () => {
    const { ca, client, peer } = net.organisation('AuroraMSP');
    const withAttributes = async (attributes: Record<string, string>) => (await issueTestIdentity(ca, { commonName: 'reader', role: 'client', attributes })).signer;
    expect((await view(test, { signer: await withAttributes({ 'selvedge.view': 'true' }) })).code).toBeUndefined();
    for (const signer of [client.signer, peer.signer, await withAttributes({ 'selvedge.view': 'false' }), await withAttributes({ view: 'true' }), await withAttributes({})]) {
      expect((await view(test, { signer })).code).toBe('READER_NOT_ENTITLED');
    }
  });

  it('is shown nothing that the ledger does not confirm', async () => {
    test.write('k', 'one');
    test.business.tamper = (answer) => ({ ...answer, histories: answer.histories.map((found) => ({ ...found, versions: [] })) });
    expect((await view(test)).code).toBe('STATE_FORGED');
    const other = createTestViewer();
    const stale = other.store('aurora', 'auroraStones', 'ruby', 'old');
    other.business.tamper = (answer) => ({ ...answer, sets: answer.sets.map((set) => ({ ...set, packets: [stale.bytes] })) });
    other.store('aurora', 'auroraStones', 'ruby', 'new');
    expect((await view(other, { body: key('ruby', 'auroraStones') })).code).toBe('STATE_FORGED');
  });
});

describe('a viewer refuses', () => {
  it('a reader of another organisation, even its administrator', async () => {
    test.write('k', 'one');
    const { answer, code } = await view(test, { signer: net.organisation('BorealisMSP').admin.signer });
    expect(code).toBe('READER_FOREIGN');
    expect(answer.versions).toEqual([]);
  });

  it('datasets that its organisation does not own, or is no member of, and ones that are not there', async () => {
    expect((await view(test, { body: key('k', 'borealisStones') })).code).toBe('DATASET_ACCESS_DENIED');
    expect((await view(test, { body: history('k', 'borealisStones') })).code).toBe('DATASET_ACCESS_DENIED');
    expect((await view(test, { body: key('k', 'nowhere') })).code).toBe('DATASET_UNKNOWN');
    expect((await view(test, { body: { ...key('k'), contract: 'nothing' } })).code).toBe('CONTRACT_UNKNOWN');
    net.setContractPolicy({ datasets: [{ name: 'auroraStones', ownerSet: 'aurora', memberOnlyRead: true, members: ['BorealisMSP'] }] });
    expect((await view(test, { body: key('k', 'auroraStones') })).code).toBe('DATASET_ACCESS_DENIED');
  });

  it('what is of another network, channel or profile, or meant for another viewer', async () => {
    expect((await view(test, { body: { network: 'elsewhere' } })).code).toBe('WRONG_NETWORK');
    expect((await view(test, { body: { channel: 'elsewhere' } })).code).toBe('WRONG_CHANNEL');
    expect((await view(test, { body: { profileDigest: new Uint8Array(32) } })).code).toBe('PROFILE_MISMATCH');
    const other = (await attest(createTestViewer().viewer)).ephemeralKey;
    expect((await view(test, { body: { viewerKey: other } })).code).toBe('WRONG_RECIPIENT');
    expect(entries()).toHaveLength(1);
  });

  it('a signature of somebody else, a certificate that has ended, and records neither: nobody is known to have asked', async () => {
    expect((await view(test, { signature: new Uint8Array(70) })).code).toBe('SIGNATURE_INVALID');
    expect((await view(test, { body: { reader: net.organisation('AuroraMSP').admin.signer.serialized }, signer: net.organisation('BorealisMSP').admin.signer })).code).toBe('SIGNATURE_INVALID');
    test.now = new Date(net.now.getTime() + 100 * 365 * 24 * 3_600_000);
    expect((await view(test)).code).toBe('IDENTITY_EXPIRED');
    expect(entries()).toHaveLength(1);
  });

  it('a reader whose certificate is on a revocation list of the ledger', async () => {
    test.write('k', 'one');
    const { key: fact, value } = await createTestRevocation(net, 'AuroraMSP', [net.organisation('AuroraMSP').admin.signer]);
    net.state.setFact(fact, value);
    expect((await view(test)).code).toBe('IDENTITY_REVOKED');
  });

  it('old questions and repeated ones', async () => {
    const seconds = BigInt(Math.floor(net.now.getTime() / 1000));
    for (const offSeconds of [-301n, 302n]) expect((await view(test, { body: { timestampSeconds: seconds + offSeconds } })).code).toBe('REQUEST_EXPIRED');
    const question = await ask(test.viewer);
    expect(question.open(await test.viewer.view(question.sealed, signal)).refusal).toBeUndefined();
    expect(question.open(await test.viewer.view(question.sealed, signal)).refusal?.code).toBe('REQUEST_REPLAYED');
  });

  it('everything once it is revoked', async () => {
    const question = await ask(test.viewer);
    net.state.setFact(facts.revokedNode('viewer-aurora'), Buffer.from('lost'));
    await expect(test.viewer.view(question.sealed, signal)).rejects.toMatchObject({ code: 'TEE_REVOKED', role: 'viewer' });
  });

  it('what was sealed to another key, or is no question', async () => {
    const question = await ask(createTestViewer().viewer);
    await expect(test.viewer.view(question.sealed, signal)).rejects.toMatchObject({ code: 'DECRYPT_FAILED' });
    const nonsense = await ask(test.viewer, { signedView: Buffer.from('nonsense') });
    await expect(test.viewer.view(nonsense.sealed, signal)).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' });
  });
});

it('tells of each refusal whether its code went to the reader alone', async () => {
  const told: unknown[] = [];
  const telling = createTestViewer({ onRefusal: ({ code, isSealed }) => told.push([code, isSealed]) });
  await view(telling, { body: { network: 'elsewhere' } });
  await view(telling, { signer: net.organisation('BorealisMSP').admin.signer });
  const foreign = await ask(test.viewer);
  await expect(telling.viewer.view(foreign.sealed, signal)).rejects.toMatchObject({ code: 'DECRYPT_FAILED' });
  expect(told).toEqual([['WRONG_NETWORK', true], ['READER_FOREIGN', true], ['DECRYPT_FAILED', false]]);
});

describe('an answer', () => {
  it('opens for its own question alone', async () => {
    test.write('k', 'one');
    const [first, second] = [await ask(test.viewer), await ask(test.viewer)];
    const answer = await test.viewer.view(first.sealed, signal);
    expect(() => second.open(answer)).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED' }));
    expect(text(first.open(answer).versions[0]?.value)).toBe('one');
  });

  it('does not leave before it is on record', async () => {
    test.write('k', 'one');
    test.isFull = true;
    const question = await ask(test.viewer);
    await expect(test.viewer.view(question.sealed, signal)).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});

describe('the audit log', () => {
  it('says who looked at what and what came of it, never the name of a key, and tells the reader where', async () => {
    test.write('a secret key', 'a secret value');
    const { answer } = await view(test, { body: key('a secret key') });
    await view(test, { body: key('a secret key'), signer: net.organisation('BorealisMSP').admin.signer });
    const { serialized } = net.organisation('AuroraMSP').admin.signer;
    const seen = { question: 'key', contract: net.contract, dataset: '', ledgerKey: ledgerKeyOf('', 'a secret key') };
    expect(entries()).toMatchObject([{ event: 'started' }, { event: 'viewed', mspId: 'AuroraMSP', ...seen }, { event: 'refused', code: 'READER_FOREIGN', mspId: 'BorealisMSP', ...seen }]);
    expect(serialized.length).toBeGreaterThan(0);
    expect(entries()[1]!.reader).toMatch(/^[0-9a-f]{64}$/);
    expect(entries()[1]!.reader).not.toBe(entries()[2]!.reader);
    expect(test.lines.join('\n')).not.toContain('secret');
    expect(answer.audit).toMatchObject({ count: 2n });
    expect(test.head.count).toBe(3);
  });
});

describe('a transaction', () => {
  const write = (dataset: string, name: string, packetHash: Uint8Array, ownerSet = 'houses') => {
    const { ledgerKey, datasetTag } = placeOf(net, dataset, name);
    return { ownerSet, dataset, ledgerKey, datasetTag, packetHash };
  };
  const viewed = async (txId: Uint8Array, writes: ReturnType<typeof write>[]) =>
    (await view(test, { body: { question: { case: 'transaction', value: { txId, writes } } } })).answer.writes.map(({ state, key: name, value }) => [state, name, text(value)]);

  it('shows what it wrote to world state, where the ledger confirms it', async () => {
    const first = test.write('k', 'one');
    const hash = sha256(test.versions[0]!.packet);
    const second = test.write('k', undefined);
    expect(await viewed(first, [write('', 'k', hash)])).toEqual([[ViewedWriteState.OPENED, 'k', 'one']]);
    expect(await viewed(second, [write('', 'k', new Uint8Array(0))])).toEqual([[ViewedWriteState.DELETED, '', '']]);
    expect(await viewed(second, [write('', 'k', hash)])).toEqual([[ViewedWriteState.NOT_COMMITTED, '', '']]);
    expect(await viewed(first, [write('', 'k', new Uint8Array(32))])).toEqual([[ViewedWriteState.NOT_COMMITTED, '', '']]);
  });

  it('shows none of its writes to a viewer that rules leave events alone', async () => {
    const first = test.write('k', 'one');
    const hash = sha256(test.versions[0]!.packet);
    net.setContractPolicy({ eventReaders: ['AuroraMSP'], keyAccess: [{ role: 'viewer', operatorMspId: 'AuroraMSP', purposes: ['events'] }] });
    expect(await viewed(first, [write('', 'k', hash)])).toEqual([[ViewedWriteState.NOT_OWNED, '', '']]);
  });

  it('shows private data while it is the present version, and none of other organisations', async () => {
    const { hash } = test.store('aurora', 'auroraStones', 'ruby', 'red');
    expect(await viewed(new Uint8Array(32), [write('auroraStones', 'ruby', hash, 'aurora'), write('auroraStones', 'ruby', new Uint8Array(32), 'aurora'), write('borealisStones', 'opal', hash, 'borealis')])).toEqual([
      [ViewedWriteState.OPENED, 'ruby', 'red'],
      [ViewedWriteState.REPLACED, '', ''],
      [ViewedWriteState.NOT_OWNED, '', ''],
    ]);
  });
});
