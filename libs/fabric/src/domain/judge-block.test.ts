import { sha256, toHex } from '@selvedge/crypto';
import { createTestConsortium, createTestKeyPolicy, randomTxId, refusalCodeOf, TEST_ORGANISATION_MAP, type TestConsortium } from '@selvedge/fixtures';
import { createFabricPolicyChange, type FabricEndorsed } from '@selvedge/fixtures/fabric';
import { createProfile, createSignedProfile, facts, signProfile, verifySignedProfile } from '@selvedge/policy';
import { membershipGuardKey, GuardKind, ValidationCode, type Core } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blockOf, blockWith, endorsedOf, stateOf, withNamespace, type TestFabricState } from '../testdata/fabric-ledger.js';
import { createFabricChain } from '@selvedge/fixtures/fabric';
import { judgeFabricBlock, type FabricBlockVerdict } from './judge-block.js';
import type { FabricVerdict } from './judge-transaction.js';

const [VALID, DENIED, CONFLICT] = [0, 10, 11];

let consortium: TestConsortium;
let state: TestFabricState;
beforeAll(async () => {
  consortium = await createTestConsortium();
});
beforeEach(() => {
  state = stateOf(consortium);
});

const judge = (block: ReturnType<typeof blockOf>): Promise<FabricBlockVerdict> =>
  judgeFabricBlock(block, { channel: consortium.channel, policyChaincode: 'selvedge-policy', state, profile: consortium.profile });
const verdictOf = async (endorsed: Parameters<typeof blockWith>[1][0], flag = VALID): Promise<FabricVerdict> => (await judge(blockWith(consortium.channel, [endorsed, flag]))).verdicts[0]!;

describe('a valid endorsement', () => {
  it('shows each write, guard and marker by its hash, with what the response says it is', async () => {
    const txId = randomTxId();
    const verdict = await verdictOf(endorsedOf(consortium, { txId, writes: [{ key: 'a', value: '1' }, { dataset: 'auroraStones', key: 'b' }] }));
    expect([verdict.code, verdict.mismatch, toHex(verdict.txIds[0]!)]).toEqual([ValidationCode.VALID, undefined, toHex(txId)]);
    const what = verdict.entries.map(({ collection, valueHash, write, guardTxId }) => [collection, valueHash !== undefined, write?.effect.case, guardTxId && toHex(guardTxId)]);
    expect(what).toEqual(expect.arrayContaining([
      ['selvedge_houses', true, 'packetHash', undefined],
      ['selvedge_houses', true, undefined, toHex(txId)],
      ['selvedge_aurora', false, 'delete', undefined],
      ['selvedge_aurora', true, undefined, toHex(txId)],
      ['selvedge-marker', true, undefined, undefined],
    ]));
    expect(what).toHaveLength(5);
  });

  it('of another channel, or one that does not parse, is no block of this ledger', async () => {
    const block = blockWith('elsewhere', [endorsedOf(consortium), VALID]);
    expect(await refusalCodeOf(judge(block))).toBe('LEDGER_CORRUPT');
    for (const bytes of [Uint8Array.of(0xff), Uint8Array.of(0x0a, 1, 0xff)]) expect(await refusalCodeOf(judge({ ...block, envelopes: [bytes] }))).toBe('LEDGER_CORRUPT');
    const malformed = withNamespace(endorsedOf(consortium), (namespace) => namespace);
    const chain = createFabricChain(consortium.channel);
    chain.add({ transaction: chain.transaction(malformed) });
    const whole = blockOf(chain);
    expect(await refusalCodeOf(judge({ ...whole, envelopes: [Buffer.concat([whole.envelopes[0]!, Uint8Array.of(0x0a)])] }))).toBe('LEDGER_CORRUPT');
  });
});

describe('key-level policies on a channel', () => {
  const input = (): Parameters<typeof endorsedOf>[1] => ({ writes: [{ key: 'a', value: '1', keyPolicy: createTestKeyPolicy('Org1MSP') }, { key: 'b' }, { key: 'c', value: '1' }] });
  beforeEach(() => {
    consortium.setContractPolicy({ organisationMap: TEST_ORGANISATION_MAP });
    state = stateOf(consortium);
  });
  afterEach(() => {
    consortium.restore();
  });

  it('are what peers hold keys to, mapped; each lies beside its key, and owner sets are touched', async () => {
    const verdict = await verdictOf(endorsedOf(consortium, input()));
    expect(verdict.mismatch).toBeUndefined();
    expect(verdict.entries.filter(({ write }) => write === undefined).every(({ isBeside }) => isBeside)).toBe(true);
    expect(verdict.entries.flatMap(({ keyPolicy }) => (keyPolicy === undefined ? [] : [keyPolicy.length])).sort((a, b) => a - b)).toEqual([0, createTestKeyPolicy('Org1MSP').length]);
  });

  it.each<[string, (policies: { key: string; value: Uint8Array }[]) => { key: string; value: Uint8Array }[]]>([
    ['another policy', ([first]) => [{ ...first!, value: createTestKeyPolicy('Org2MSP') }]],
    ['the contract’s own, not mapped', ([first]) => [{ ...first!, value: createTestKeyPolicy('Org1MSP') }]],
    ['none', () => []],
    ['one more', ([first]) => [first!, { ...first!, key: 'dother' }]],
  ])('that peers were given otherwise are told: %s', async (_what, change) => {
    const endorsed = withNamespace(endorsedOf(consortium, input()), (namespace) => ({
      ...namespace,
      collections: namespace.collections!.map((collection) => ({ ...collection, policies: (collection.policies ?? []).length === 0 ? [] : change([...collection.policies!]) })),
    }));
    expect((await verdictOf(endorsed)).mismatch).toBe('the policies that are set for keys differ from the response');
  });

  it('whose owner set was not touched are told', async () => {
    const untouched = withNamespace(endorsedOf(consortium, input()), (namespace) => ({
      ...namespace,
      collections: namespace.collections!.map((collection) => ({ ...collection, writes: (collection.writes ?? []).filter(({ key }) => key !== 't') })),
    }));
    expect((await verdictOf(untouched)).mismatch).toBe('the response names a write that was not made');
  });
});

describe('what the response does not say', () => {
  const firstCollection = (endorsed: FabricEndorsed, change: (writes: { key: string; value?: Uint8Array | undefined; purge?: boolean | undefined }[]) => void): FabricEndorsed =>
    withNamespace(endorsed, (namespace) => ({
      ...namespace,
      collections: namespace.collections!.map((collection, i) => {
        if (i > 0) return collection;
        const writes = [...(collection.writes ?? [])];
        change(writes);
        return { ...collection, writes };
      }),
    }));
  const other = Uint8Array.of(9);

  it('tells a purge from a delete', async () => {
    const deleted = endorsedOf(consortium, { writes: [{ key: 'a' }] });
    expect((await verdictOf(deleted)).mismatch).toBeUndefined();
    const purged = firstCollection(deleted, (writes) => { writes[0] = { key: writes[0]!.key, purge: true }; });
    expect((await verdictOf(purged)).mismatch).toBe('a write differs from the response');
  });

  it.each<[string, string, (endorsed: FabricEndorsed) => FabricEndorsed, number]>([
    ['a write beside', 'a write is not in the response', (e) => firstCollection(e, (writes) => writes.push({ key: 'dother', value: other })), 1],
    ['another value', 'a write differs from the response', (e) => firstCollection(e, (writes) => { writes[0] = { ...writes[0]!, value: other }; }), 0],
    ['a delete', 'a write differs from the response', (e) => firstCollection(e, (writes) => { writes[0] = { key: writes[0]!.key }; }), 0],
    ['a purge', 'a write differs from the response', (e) => firstCollection(e, (writes) => { writes[0] = { key: writes[0]!.key, purge: true }; }), 0],
    ['another guard', 'a write differs from the response', (e) => firstCollection(e, (writes) => { writes[1] = { ...writes[1]!, value: other }; }), 0],
    ['a write left out', 'the response names a write that was not made', (e) => firstCollection(e, (writes) => writes.shift()), -1],
    ['public state', 'public state is written', (e) => withNamespace(e, (n) => ({ ...n, publicWrites: [{ key: 'k', value: other }] })), 0],
    ['another collection', 'a collection that is no owner set’s is written', (e) => withNamespace(e, (n) => ({ ...n, collections: [...n.collections!, { collection: 'plain', writes: [{ key: 'k', value: other }] }] })), 0],
    ['a marker that was not read', 'the response names a read that was not made', (e) => withNamespace(e, (n) => ({ ...n, collections: n.collections!.map((c) => ({ ...c, reads: [] })) })), 0],
    ['a marker read as present', 'the response names a read that was not made', (e) => withNamespace(e, (n) => ({ ...n, collections: n.collections!.map((c) => ({ ...c, reads: (c.reads ?? []).map((r) => ({ ...r, present: true })) })) })), 0],
    ['no endorsement', 'the response is not an endorsement', (e) => ({ ...e, responsePayload: Uint8Array.of(1) }), 0],
  ])('counts all the same, and is told: %s', async (_what, mismatch, change, more) => {
    const endorsed = endorsedOf(consortium);
    const before = (await verdictOf(endorsed)).entries.length;
    const verdict = await verdictOf(change(endorsed));
    expect(verdict.mismatch).toBe(mismatch);
    expect(verdict.entries).toHaveLength(before + more);
    expect(verdict.code).toBe(ValidationCode.VALID);
  });

  it('tells a read that was not made', async () => {
    const endorsed = endorsedOf(consortium, { reads: [{ key: 'r' }, { key: 'p', packetHash: new Uint8Array(32) }] });
    expect((await verdictOf(endorsed)).mismatch).toBeUndefined();
    for (const drop of [0, 1]) {
      const changed = withNamespace(endorsed, (n) => ({ ...n, collections: n.collections!.map((c, i) => (i === 0 ? { ...c, reads: c.reads!.filter((_r, j) => j !== drop) } : c)) }));
      expect((await verdictOf(changed)).mismatch).toBe('the response names a read that was not made');
    }
  });

  it('names no transaction unless its marker was written', async () => {
    const unmarked = withNamespace(endorsedOf(consortium), (n) => ({ ...n, collections: n.collections!.filter(({ collection }) => collection !== 'selvedge-marker') }));
    expect((await verdictOf(unmarked)).txIds).toEqual([]);
  });
});

describe('an invalid transaction', () => {
  it('changes nothing, and the id that it names is not believed', async () => {
    const verdict = await verdictOf(endorsedOf(consortium), DENIED);
    expect(verdict).toMatchObject({ code: ValidationCode.ENDORSEMENT_POLICY_FAILURE, reason: 'ENDORSEMENT_POLICY_FAILURE', concerns: true, txIds: [], entries: [], facts: [] });
    const policy = await verdictOf(createFabricPolicyChange([{ key: facts.revokedNode('n'), value: Uint8Array.of(1) }]), DENIED);
    expect(policy).toMatchObject({ concerns: true, facts: [] });
  });

  it('may be anything', async () => {
    const block = blockWith(consortium.channel, [endorsedOf(consortium), 22]);
    const { verdicts } = await judge({ ...block, envelopes: [Uint8Array.of(0xff)] });
    expect(verdicts[0]).toMatchObject({ flag: 22, code: ValidationCode.INVALID_OTHER_REASON, concerns: false, txIds: [] });
    expect(verdicts[0]!.reason).toMatch(/^BAD_RWSET; .*does not parse/);
  });

  it('of another chaincode does not concern this network', async () => {
    expect(await verdictOf({ chaincode: 'other', responsePayload: endorsedOf(consortium).responsePayload }, CONFLICT)).toMatchObject({ concerns: false, txIds: [] });
    expect(await verdictOf({ chaincode: 'other', namespaces: [{ namespace: 'other', publicWrites: [{ key: 'k', value: Uint8Array.of(1) }] }] })).toMatchObject({ concerns: false, entries: [], facts: [] });
  });
});

describe('a conflict', () => {
  const commit = async (endorsed: FabricEndorsed): Promise<void> => {
    state.apply(await verdictOf(endorsed));
  };

  it('on the marker is a duplicate, in a later block and in the same one', async () => {
    const txId = randomTxId();
    const endorsed = { ...endorsedOf(consortium, { txId }), fabricTxId: toHex(txId) };
    const { verdicts } = await judge(blockWith(consortium.channel, [endorsed, VALID], [endorsed, CONFLICT]));
    expect(verdicts.map(({ code }) => code)).toEqual([ValidationCode.VALID, ValidationCode.DUPLICATE_TXID]);
    await commit(endorsed);
    const again = await verdictOf(endorsed, CONFLICT);
    expect([again.code, toHex(again.txIds[0]!)]).toEqual([ValidationCode.DUPLICATE_TXID, toHex(txId)]);
  });

  const rangeReader = (lastWriter: Uint8Array, more: Parameters<typeof endorsedOf>[1] = {}): FabricEndorsed =>
    endorsedOf(consortium, {
      ...more,
      changeCore: (core: Core) => {
        const key = membershipGuardKey(consortium.contractKeys.names.datasetTag('', ''));
        core.sections[0]!.guardsRead.push({ $typeName: 'selvedge.v1.GuardRead', ownerSet: 'houses', dataset: '', guardKey: key, kind: GuardKind.MEMBERSHIP, txId: lastWriter });
      },
    });

  it('on a guard alone is a phantom', async () => {
    await commit(endorsedOf(consortium, { writes: [{ key: 'inserted', value: '1' }] }));
    expect((await verdictOf(rangeReader(new Uint8Array(0)), CONFLICT)).code).toBe(ValidationCode.PHANTOM_READ_CONFLICT);
    expect((await verdictOf(rangeReader(randomTxId()), CONFLICT)).code).toBe(ValidationCode.PHANTOM_READ_CONFLICT);
  });

  it('is a conflict where an entry or a policy fact has changed too, or nothing that is known', async () => {
    const writer = randomTxId();
    await commit(endorsedOf(consortium, { txId: writer, writes: [{ key: 'inserted', value: '1' }] }));
    expect((await verdictOf(rangeReader(new Uint8Array(0), { reads: [{ key: 'inserted' }] }), CONFLICT)).code).toBe(ValidationCode.MVCC_READ_CONFLICT);
    expect((await verdictOf(rangeReader(writer), CONFLICT)).code).toBe(ValidationCode.MVCC_READ_CONFLICT);
    const late = rangeReader(new Uint8Array(0));
    state.facts.set(facts.contract(consortium.contract), Uint8Array.of(1));
    expect((await verdictOf(late, CONFLICT)).code).toBe(ValidationCode.MVCC_READ_CONFLICT);
  });

  it('whose response is not what it wrote names no transaction', async () => {
    const forged = withNamespace(endorsedOf(consortium), (n) => ({ ...n, collections: n.collections!.map((c) => ({ ...c, writes: [...(c.writes ?? []), { key: 'dx', value: Uint8Array.of(1) }] })) }));
    expect(await verdictOf(forged, CONFLICT)).toMatchObject({ code: ValidationCode.MVCC_READ_CONFLICT, txIds: [], mismatch: 'a write is not in the response' });
  });
});

describe('policy facts', () => {
  const change = (key: string, value: Uint8Array | undefined) => createFabricPolicyChange([{ key, value }]);
  const nextProfile = (signers: number): Uint8Array => {
    const bytes = createProfile({ ...consortium.profile.message, version: 2n });
    return createSignedProfile(bytes, [...consortium.organisations.values()].slice(0, signers).map(({ admin }) => signProfile(bytes, admin.signer)));
  };

  it('are the policy chaincode’s public writes, without its own notes', async () => {
    const { factUpdates, verdicts } = await judge(blockWith(consortium.channel, [createFabricPolicyChange([{ key: 'revoked/node/n', value: Uint8Array.of(1) }, { key: '\u0000applied\u0000x\u0000', value: Uint8Array.of(1) }]), VALID], [change('revoked/node/m', undefined), VALID]));
    expect(factUpdates.map(({ key, value }) => [key, value?.length])).toEqual([['revoked/node/n', 1], ['revoked/node/m', undefined]]);
    expect(verdicts[0]).toMatchObject({ concerns: true, mismatch: undefined, entries: [] });
  });

  it('begin with the trusted profile', async () => {
    state.facts.clear();
    expect(toHex((await judge(blockWith(consortium.channel, [change(facts.profile, consortium.signedProfile), VALID]))).profile.digest)).toBe(toHex(consortium.profile.digest));
    expect(await refusalCodeOf(judge(blockWith(consortium.channel, [change(facts.profile, nextProfile(7)), VALID])))).toBe('PROFILE_MISMATCH');
    expect(await refusalCodeOf(judge(blockWith(consortium.channel, [change(facts.profile, Uint8Array.of(1)), VALID])))).toBe('LEDGER_CORRUPT');
  });

  it('follow with profiles that the organisations signed, and never without one', async () => {
    const next = nextProfile(7);
    expect(toHex((await judge(blockWith(consortium.channel, [change(facts.profile, next), VALID]))).profile.digest)).toBe(toHex(verifySignedProfile(next).digest));
    for (const value of [undefined, Uint8Array.of(1), consortium.signedProfile]) expect(await refusalCodeOf(judge(blockWith(consortium.channel, [change(facts.profile, value), VALID])))).toBe('LEDGER_CORRUPT');
  });

  it('have a size limit: they stay in memory', async () => {
    expect(await refusalCodeOf(judge(blockWith(consortium.channel, [change('revoked/node/n', new Uint8Array(2 * 1024 * 1024)), VALID])))).toBe('LEDGER_CORRUPT');
  });
});

describe('block 0', () => {
  it('says which channel it is', async () => {
    expect((await judge(blockOf(createFabricChain(consortium.channel), 0))).verdicts).toMatchObject([{ concerns: false, fabricTxId: undefined }]);
    expect(await refusalCodeOf(judge(blockOf(createFabricChain('elsewhere'), 0)))).toBe('WRONG_CHANNEL');
    expect(await refusalCodeOf(judge({ ...blockOf(createFabricChain('elsewhere'), 0), envelopes: [], flags: new Uint8Array(0) }))).toBe('WRONG_CHANNEL');
  });
});

describe('a write set’s hashes', () => {
  it('must be hashes: anything else is no block of this ledger', async () => {
    const good = endorsedOf(consortium);
    const chain = createFabricChain(consortium.channel);
    chain.add({ transaction: chain.transaction(good) });
    const block = blockOf(chain);
    const envelope = Buffer.from(block.envelopes[0]!);
    const key = sha256(Buffer.from(good.namespaces[0]!.collections![0]!.writes![0]!.key));
    const at = envelope.indexOf(key);
    // A hash of 30 bytes, and field 7, which nobody knows, in the place of the rest: the message parses as before.
    envelope[at - 1] = 30;
    envelope.set([0x38, 0], at + 30);
    expect(await refusalCodeOf(judge({ ...block, envelopes: [envelope] }))).toBe('LEDGER_CORRUPT');
  });
});
