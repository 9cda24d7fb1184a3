import { randomBytes } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { compareBytes, toHex } from '@selvedge/crypto';
import { createTestConsortium, createTestKeyPolicy, TEST_ORGANISATION_MAP, type TestConsortium } from '@selvedge/fixtures';
import { encodeContractNames, facts, type ContractNames } from '@selvedge/policy';
import {
  BatchRequestSchema, encodeMessage, GuardKind, LIMITS, membershipGuardKey, MigrateNamesSchema, NamesAskedSchema, parseMessage, ReEncryptedSchema, ReEncryptSchema, RequestKind, StoredNamesSchema, type StoredNames,
} from '@selvedge/protocol';
import { openPacket } from '@selvedge/sealed-objects';
import { type CertifiedNode, heldKeysOf, placeOf, sealTestPacket } from '@selvedge/tee-node/testing';
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildRequest, type RequestChange } from './client.test.support.js';
import { createTestNode } from './node.test.support.js';
import { bytes, calls, createSubmitter, plain, text, type Run, type Submitter } from './submit.test.support.js';

const DATASETS = [{ name: '', ownerSet: 'houses', contentGuard: true }, { name: 'auroraStones', ownerSet: 'aurora' }];
const SECOND = { epoch: 2n, nameKey: new Uint8Array(randomBytes(32)) };
const COPYING: ContractNames = { phase: 'copying', current: 1n, other: 2n, former: [], newest: 2n, commitments: [new Uint8Array([1])] };
const CLEARING: ContractNames = { ...COPYING, phase: 'clearing', current: 2n, other: 1n, former: [1n] };
const GIVEN_UP: ContractNames = { ...COPYING, phase: 'clearing' };
/** An epoch of the data key that nodes hold no keys of: it is revoked. */
const REVOKED = 9n;
const DONE: ContractNames = { ...CLEARING, phase: 'settled', other: undefined };

let net: TestConsortium;
let certified: CertifiedNode;
let on: Submitter;

beforeAll(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode();
});
beforeEach(() => {
  net.setContractPolicy({ datasets: DATASETS });
  on = createSubmitter(net, certified, net.organisation('AuroraMSP').admin.signer);
  on.test.keys = heldKeysOf(net, certified, [1n], [], [SECOND]);
  on.business.pageSize = 100;
});
afterEach(() => {
  net.restore();
});

type Names = typeof SECOND | undefined;
const setNames = (names: ContractNames): void => { net.state.setFact(facts.nameKeys(net.contract), encodeContractNames(names)); };
const ownerSetOf = (dataset: string): string => (dataset === '' ? 'houses' : 'aurora');
const store = (key: string, value: string, { dataset = '', names, reEncrypted = false, keyEpoch = 1n }: { readonly dataset?: string; readonly names?: Names; readonly reEncrypted?: boolean; readonly keyEpoch?: bigint } = {}): string => {
  const packet = sealTestPacket(net, { dataset, key, value, reEncrypted, keyEpoch, ...(names === undefined ? {} : { names }) });
  on.business.put(ownerSetOf(dataset), packet.bytes);
  return toHex(packet.hash);
};
const at = (key: string, names?: Names, dataset = '') => placeOf(net, dataset, key, names);
const keysOf = (names: Names, dataset: string, ...keys: string[]): Uint8Array[] => keys.map((key) => at(key, names, dataset).ledgerKey).sort(compareBytes);
const noChaincode = (): Promise<never> => Promise.reject(new Error('no chaincode takes part'));
const sent = (kind: RequestKind, args: readonly Uint8Array[], change: RequestChange = {}): Promise<Run> => on.submit(noChaincode, { ...change, body: { kind, args: [...args], ...change.body } });
const migrate = (dataset: string, ledgerKeys: readonly Uint8Array[], { prolong = false, change }: { readonly prolong?: boolean; readonly change?: RequestChange } = {}): Promise<Run> =>
  sent(RequestKind.MIGRATE_NAMES, [encodeMessage(MigrateNamesSchema, { dataset, ledgerKeys: [...ledgerKeys], prolong })], change);
const done = ({ response }: Run): [number, number] => {
  expect(response.refusal?.code).toBeUndefined();
  const { seen, written } = parseMessage(ReEncryptedSchema, response.payload, LIMITS.maxHeaderBytes);
  return [seen, written];
};
const opened = ({ targetData }: Run) =>
  targetData!.attachments!.packets.map((packet) => openPacket(packet, { dataKey: () => net.contractKeys.dataKey, expected: { channel: net.channel, contract: net.contract, dataset: '' } }));
const writes = ({ section }: Run): unknown => section.writes.map(({ ledgerKey, datasetTag, effect }) => [toHex(ledgerKey), toHex(datasetTag), effect.case]).sort();
const reads = ({ section }: Run): unknown => section.reads.map(({ ledgerKey, packetHash }) => [toHex(ledgerKey), toHex(packetHash)]).sort();
const list = async (asked: { readonly confirm?: boolean; readonly maxKeys?: number } = {}): Promise<StoredNames> => {
  const run = await sent(RequestKind.LIST_NAMES, [encodeMessage(NamesAskedSchema, { confirm: true, maxKeys: 100, ...asked })]);
  expect(run.response.refusal?.code).toBeUndefined();
  expect(run.targetData).toBeUndefined();
  return parseMessage(StoredNamesSchema, run.response.payload, LIMITS.maxMessageBytes);
};
const refusal = async (run: Promise<Run>): Promise<string | undefined> => (await run).response.refusal?.code;
const range = async (): Promise<string[]> => {
  const found: string[] = [];
  await on.submit(calls(async (state) => {
    for await (const { key, value } of (await state.getRange('', '', '')) as unknown as AsyncIterable<{ key: string; value: Uint8Array }>) found.push(`${key}=${text(value)!}`);
  }), { body: { kind: RequestKind.EVALUATE } });
  return found;
};

describe('while names are copied', () => {
  beforeEach(() => { setNames(COPYING); });

  it('writes the value under the other name, on top of the version that it read and of there being none', async () => {
    const versions = { a: store('a', 'one'), b: store('\x00stone\x00ruby\x00', 'two') };
    const run = await migrate('', keysOf(undefined, '', 'a', '\x00stone\x00ruby\x00'));
    expect(done(run)).toEqual([2, 2]);
    const [a, b] = [at('a', SECOND), at('\x00stone\x00ruby\x00', SECOND)];
    expect(writes(run)).toEqual([[toHex(a.ledgerKey), toHex(a.datasetTag), 'packetHash'], [toHex(b.ledgerKey), toHex(b.datasetTag), 'packetHash']].sort());
    expect(reads(run)).toEqual([[toHex(at('a').ledgerKey), versions.a], [toHex(at('\x00stone\x00ruby\x00').ledgerKey), versions.b], [toHex(a.ledgerKey), ''], [toHex(b.ledgerKey), '']].sort());
    expect(opened(run).map(({ key, value, header }) => [key, text(value), header.nameKeyEpoch, header.reEncrypted]).sort()).toEqual([['\x00stone\x00ruby\x00', 'two', 2n, true], ['a', 'one', 2n, true]]);
    expect(run.section.names).toMatchObject({ current: 1n, other: 2n, clearing: false });
    // Keys come under the other tags: whoever reads those sets is told.
    const guards = (plain(run.section.guardsWritten) as { readonly kind: GuardKind; readonly guardKey: string }[]).filter(({ kind }) => kind === GuardKind.MEMBERSHIP).map(({ guardKey }) => guardKey);
    expect(guards.sort()).toEqual([a, b].map(({ datasetTag }) => toHex(membershipGuardKey(datasetTag))).sort());
  });

  it('leaves alone what is absent, has its copy, or lies under other names already', async () => {
    for (const names of [undefined, SECOND]) store('a', 'one', { names });
    const run = await migrate('', [...keysOf(undefined, '', 'a', 'absent'), ...keysOf(SECOND, '', 'a')].sort(compareBytes));
    expect(done(run)).toEqual([3, 0]);
    expect([run.section.writes, run.section.reads]).toEqual([[], []]);
  });

  it('takes a key’s own endorsement policy along, and rests on its being that one', async () => {
    net.setContractPolicy({ datasets: DATASETS, organisationMap: TEST_ORGANISATION_MAP });
    store('a', 'one');
    store('b', 'two');
    const policy = createTestKeyPolicy('Org1MSP');
    on.business.setKeyPolicy('houses', '', at('a').ledgerKey, policy);
    const { section } = await migrate('', keysOf(undefined, '', 'a', 'b'));
    expect(section.writes.map(({ ledgerKey, keyPolicy }) => [toHex(ledgerKey), keyPolicy && toHex(keyPolicy)]).sort()).toEqual([[toHex(at('a', SECOND).ledgerKey), toHex(policy)], [toHex(at('b', SECOND).ledgerKey), undefined]].sort());
    expect(section.keyPolicyReads.map(({ ledgerKey, policy: read }) => [toHex(ledgerKey), toHex(read)]).sort()).toEqual([[toHex(at('a').ledgerKey), toHex(policy)], [toHex(at('b').ledgerKey), '']].sort());
  });

  it('ends a transaction before it gets large, and says how far it came', async () => {
    const names = ['a', 'b', 'c'];
    for (const name of names) store(name, 'x'.repeat(600 * 1024));
    expect(done(await migrate('', keysOf(undefined, '', ...names)))).toEqual([1, 1]);
  });

  it('prolongs entries that end by themselves only where that was asked for', async () => {
    net.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses' }, { name: 'auroraStones', ownerSet: 'aurora', blockToLive: 3n }] });
    store('gem', 'ruby', { dataset: 'auroraStones' });
    const keys = keysOf(undefined, 'auroraStones', 'gem');
    expect(await refusal(migrate('auroraStones', keys))).toBe('FEATURE_UNSUPPORTED');
    expect(done(await migrate('auroraStones', keys, { prolong: true }))).toEqual([1, 1]);
    expect((await list()).datasets[1]).toMatchObject({ ending: true, toCopy: 1n });
  });

  it('writes a copy once more that lies under a revoked epoch, on top of that version', async () => {
    const versions = [store('a', 'one'), store('a', 'one', { names: SECOND, keyEpoch: REVOKED })];
    expect((await list()).datasets[0]).toMatchObject({ toCopy: 1n, unreadable: 0n, keys: keysOf(undefined, '', 'a') });
    const run = await migrate('', keysOf(undefined, '', 'a'));
    expect(done(run)).toEqual([1, 1]);
    expect(reads(run)).toEqual([[toHex(at('a').ledgerKey), versions[0]], [toHex(at('a', SECOND).ledgerKey), versions[1]]].sort());
    expect(opened(run).map(({ key, value, header }) => [key, text(value), header.nameKeyEpoch])).toEqual([['a', 'one', 2n]]);
  });

  it('takes an entry that ends by itself for no ended one where only its epoch is revoked', async () => {
    net.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses' }, { name: 'auroraStones', ownerSet: 'aurora', blockToLive: 3n }] });
    store('gem', 'ruby', { dataset: 'auroraStones', keyEpoch: REVOKED });
    store('gem', 'ruby', { dataset: 'auroraStones', names: SECOND, reEncrypted: true });
    setNames(GIVEN_UP);
    const run = await migrate('auroraStones', keysOf(SECOND, 'auroraStones', 'gem'), { prolong: true });
    expect(writes(run)).toEqual([[toHex(at('gem', undefined, 'auroraStones').ledgerKey), toHex(at('gem', undefined, 'auroraStones').datasetTag), 'packetHash'], [toHex(at('gem', SECOND, 'auroraStones').ledgerKey), toHex(at('gem', SECOND, 'auroraStones').datasetTag), 'delete']].sort());
  });

  it('counts apart what an earlier migration left under names of before', async () => {
    store('a', 'one');
    store('a', 'one', { names: { epoch: 3n, nameKey: new Uint8Array(randomBytes(32)) } });
    expect((await list()).datasets[0]).toMatchObject({ current: 1n, other: 1n, strays: 1n, toCopy: 1n });
    store('a', 'one', { names: SECOND });
    expect((await list()).datasets[0]).toMatchObject({ current: 1n, other: 2n, strays: 1n, toCopy: 0n });
  });

  it('revives nothing that has ended while its copy was given up', async () => {
    net.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses' }, { name: 'auroraStones', ownerSet: 'aurora', blockToLive: 3n }] });
    store('gem', 'ruby', { dataset: 'auroraStones', names: SECOND, reEncrypted: true });
    setNames(GIVEN_UP);
    const run = await migrate('auroraStones', keysOf(SECOND, 'auroraStones', 'gem'), { prolong: true });
    expect(done(run)).toEqual([1, 1]);
    expect(writes(run)).toEqual([[toHex(at('gem', SECOND, 'auroraStones').ledgerKey), toHex(at('gem', SECOND, 'auroraStones').datasetTag), 'delete']]);
  });

  it('refuses updates, and answers queries under the current names alone', async () => {
    for (const names of [undefined, SECOND]) store('a', 'one', { names });
    store('b', 'two');
    expect(await refusal(on.submit(calls((state) => state.putState('', 'a', bytes('three')))))).toBe('CONTRACT_MIGRATING');
    expect(await refusal(on.submit(calls((state) => state.getState('', 'a'))))).toBe('CONTRACT_MIGRATING');
    expect(await refusal(sent(RequestKind.RE_ENCRYPT, [encodeMessage(ReEncryptSchema, { ledgerKeys: keysOf(undefined, '', 'a') })]))).toBe('CONTRACT_MIGRATING');
    expect(await range()).toEqual(['a=one', 'b=two']);
  });

  it('gives equal cores and packets on every replica', async () => {
    for (const key of ['a', 'b', 'c']) store(key, key);
    const other = createTestNode({ net, certified: await net.issueComputeNode(), business: [on.business], chaincode: noChaincode });
    other.keys = heldKeysOf(net, certified, [1n], [], [SECOND]);
    const request = buildRequest(on.client, { body: { kind: RequestKind.MIGRATE_NAMES, args: [encodeMessage(MigrateNamesSchema, { ledgerKeys: keysOf(undefined, '', 'a', 'b', 'c') })] } });
    const shared = (await Promise.all([on.test.execute(request), other.execute(request)])).map(({ targetData }) => [...targetData!.cores, ...targetData!.attachments!.packets].map(toHex));
    expect(shared[0]).toEqual(shared[1]);
    expect(shared[0]).toHaveLength(4);
  });

  it('counts what has no copy yet, and lists it', async () => {
    for (const key of ['a', 'b', 'c']) store(key, key);
    store('a', 'a', { names: SECOND });
    const { names, datasets } = await list();
    expect(names).toMatchObject({ current: 1n, other: 2n, clearing: false });
    expect(datasets[0]).toMatchObject({ dataset: '', current: 3n, other: 1n, toCopy: 2n, unreadable: 0n });
    expect(datasets[0]!.keys.map(toHex)).toEqual(keysOf(undefined, '', 'b', 'c').map(toHex));
    expect((await list({ maxKeys: 1 })).datasets[0]!.keys).toHaveLength(1);
  });

  it('counts what nothing can open apart, and does not list it', async () => {
    store('a', 'one');
    net.setEpoch(net.contract, 2n);
    on.test.keys = heldKeysOf(net, certified, [2n], [], [SECOND]);
    const run = await sent(RequestKind.LIST_NAMES, [encodeMessage(NamesAskedSchema, { confirm: true, maxKeys: 9 })], { body: { keyEpoch: 2n } });
    expect(parseMessage(StoredNamesSchema, run.response.payload, 1e6).datasets[0]).toMatchObject({ current: 1n, toCopy: 0n, unreadable: 1n, keys: [] });
  });

  it('is counted by what a quorum states: a business node that leaves an entry out is found out', async () => {
    for (const key of ['a', 'b']) store(key, key);
    on.business.tamper = (answer, { sets: [set] }) => {
      if (set?.dataset === '') answer.sets[0]!.packets.pop();
      return answer;
    };
    expect(await refusal(sent(RequestKind.LIST_NAMES, [encodeMessage(NamesAskedSchema, { confirm: true })]))).toBe('STATE_FORGED');
    expect((await list({ confirm: false })).datasets[0]).toMatchObject({ toCopy: 1n });
  });
});

describe('while the names before are cleared', () => {
  beforeEach(() => { setNames(CLEARING); });

  it('deletes the entry that has its copy, and reads both', async () => {
    const versions = [store('a', 'one'), store('a', 'one', { names: SECOND })];
    const run = await migrate('', keysOf(undefined, '', 'a'));
    expect(done(run)).toEqual([1, 1]);
    expect(writes(run)).toEqual([[toHex(at('a').ledgerKey), toHex(at('a').datasetTag), 'delete']]);
    expect(reads(run)).toEqual([[toHex(at('a').ledgerKey), versions[0]], [toHex(at('a', SECOND).ledgerKey), versions[1]]].sort());
  });

  it('copies first what a switch that came too early has left: nothing is lost', async () => {
    store('a', 'one');
    const run = await migrate('', keysOf(undefined, '', 'a'));
    expect(writes(run)).toEqual([[toHex(at('a').ledgerKey), toHex(at('a').datasetTag), 'delete'], [toHex(at('a', SECOND).ledgerKey), toHex(at('a', SECOND).datasetTag), 'packetHash']].sort());
    expect(opened(run).map(({ key, value, header }) => [key, text(value), header.nameKeyEpoch])).toEqual([['a', 'one', 2n]]);
  });

  it('deletes no entry whose copy lies under a revoked epoch before it has written that once more', async () => {
    store('a', 'one');
    store('a', 'one', { names: SECOND, keyEpoch: REVOKED });
    const run = await migrate('', keysOf(undefined, '', 'a'));
    expect(writes(run)).toEqual([[toHex(at('a').ledgerKey), toHex(at('a').datasetTag), 'delete'], [toHex(at('a', SECOND).ledgerKey), toHex(at('a', SECOND).datasetTag), 'packetHash']].sort());
    expect(opened(run).map(({ key, value }) => [key, text(value)])).toEqual([['a', 'one']]);
  });

  it('counts what nothing can delete: under the names that are cleared, and under no others', async () => {
    for (const names of [undefined, SECOND]) store('a', 'one', { names, keyEpoch: REVOKED });
    store('b', 'two');
    expect((await list()).datasets[0]).toMatchObject({ current: 1n, other: 2n, strays: 0n, unreadable: 1n, keys: keysOf(undefined, '', 'b') });
  });

  it('lets alone what lies under the current names', async () => {
    store('a', 'one', { names: SECOND });
    expect(done(await migrate('', keysOf(SECOND, '', 'a')))).toEqual([1, 0]);
  });

  it('tells the client whose policy stands for the key that is deleted', async () => {
    net.setContractPolicy({ datasets: DATASETS, organisationMap: TEST_ORGANISATION_MAP });
    for (const names of [undefined, SECOND]) store('a', 'one', { names });
    const policy = createTestKeyPolicy('Org1MSP');
    on.business.setKeyPolicy('houses', '', at('a').ledgerKey, policy);
    const { targetData } = await migrate('', keysOf(undefined, '', 'a'));
    expect(targetData!.attachments!.keyPolicies.map(({ ledgerKey, policy: stands }) => [toHex(ledgerKey), toHex(stands)])).toEqual([[toHex(at('a').ledgerKey), toHex(policy)]]);
  });

  it('reads and counts by the current names, refuses updates', async () => {
    for (const names of [undefined, SECOND]) store('a', 'one', { names });
    store('lost', 'two');
    expect(await range()).toEqual(['a=one']);
    expect(await refusal(on.submit(calls((state) => state.putState('', 'a', bytes('x')))))).toBe('CONTRACT_MIGRATING');
    expect((await list()).datasets[0]).toMatchObject({ current: 1n, other: 2n, toCopy: 1n, keys: keysOf(undefined, '', 'a', 'lost') });
  });

  it('likewise ends the copies of a migration that was given up', async () => {
    setNames(GIVEN_UP);
    for (const names of [undefined, SECOND]) store('a', 'one', { names });
    expect((await list()).datasets[0]).toMatchObject({ current: 1n, other: 1n, toCopy: 0n, keys: keysOf(SECOND, '', 'a') });
    const run = await migrate('', keysOf(SECOND, '', 'a'));
    expect(writes(run)).toEqual([[toHex(at('a', SECOND).ledgerKey), toHex(at('a', SECOND).datasetTag), 'delete']]);
    expect(await range()).toEqual(['a=one']);
  });
});

describe('once names are settled', () => {
  it('reads and writes under the current ones, and says so in core and packet', async () => {
    setNames(DONE);
    store('a', 'old');
    store('a', 'one', { names: SECOND });
    const run = await on.submit(calls(async (state) => {
      expect(text(await state.getState('', 'a'))).toBe('one');
      await state.putState('', 'a', bytes('two'));
    }));
    expect(writes(run)).toEqual([[toHex(at('a', SECOND).ledgerKey), toHex(at('a', SECOND).datasetTag), 'packetHash']]);
    expect(opened(run)[0]!.header.nameKeyEpoch).toBe(2n);
    expect(run.section.names).toMatchObject({ current: 2n, other: 0n, clearing: false });
    expect(await range()).toEqual(['a=one']);
  });

  it('takes no packet that lies under other names for the key’s', async () => {
    setNames(DONE);
    const { bytes: packet } = sealTestPacket(net, { key: 'a', value: 'old' });
    on.business.tamper = (answer) => {
      for (const point of answer.points) Object.assign(point, { present: true, packet });
      return answer;
    };
    expect(await refusal(on.submit(calls((state) => state.getState('', 'a'))))).toBe('STATE_FORGED');
  });

  it('migrates nothing that nobody has approved', async () => {
    store('a', 'one');
    expect(await refusal(migrate('', keysOf(undefined, '', 'a')))).toBe('NAME_MIGRATION_NOT_OPEN');
    setNames(DONE);
    expect(await refusal(migrate('', keysOf(undefined, '', 'a')))).toBe('NAME_MIGRATION_NOT_OPEN');
    expect((await list()).datasets[0]).toMatchObject({ current: 0n, other: 1n, toCopy: 0n, keys: [] });
  });

  it('re-encrypts nothing that lies under other names', async () => {
    net.setEpoch(net.contract, 2n);
    on.test.keys = heldKeysOf(net, certified, [1n, 2n], [], [SECOND]);
    setNames(DONE);
    store('a', 'old');
    expect(done(await sent(RequestKind.RE_ENCRYPT, [encodeMessage(ReEncryptSchema, { ledgerKeys: keysOf(undefined, '', 'a') })], { body: { keyEpoch: 2n } }))).toEqual([1, 0]);
  });

  it('waits for the name key where it is on its way', async () => {
    on.test.keys = heldKeysOf(net, certified);
    setNames(DONE);
    expect(await refusal(on.submit(calls((state) => state.getState('', 'a'))))).toBe('NOT_READY');
    setNames(COPYING);
    store('a', 'one');
    expect(await refusal(migrate('', keysOf(undefined, '', 'a')))).toBe('NOT_READY');
  });
});

describe('a migration as a whole', () => {
  it('changes nothing that a contract reads, whatever lies there and however far it was copied before the switch', async () => {
    const names = ['a', 'b', 'c', '\x00stone\x00ruby\x00', '\x00stone\x00jade\x00'];
    const entries = fc.uniqueArray(fc.record({ key: fc.constantFrom(...names), value: fc.string({ minLength: 1, unit: 'grapheme' }), isCopied: fc.boolean() }), { selector: ({ key }) => key });
    const apply = (run: Run): void => {
      for (const { ledgerKey, effect } of run.section.writes) if (effect.case === 'delete') on.business.remove('houses', '', ledgerKey);
      for (const packet of run.targetData!.attachments!.packets) on.business.put('houses', packet);
    };
    const everyKey = (of: Names): void => { for (const key of names) on.business.remove('houses', '', at(key, of).ledgerKey); };
    await fc.assert(
      fc.asyncProperty(entries, async (stored) => {
        setNames(COPYING);
        for (const of of [undefined, SECOND]) everyKey(of);
        for (const { key, value } of stored) store(key, value);
        const before = await range();
        const copied = stored.filter(({ isCopied }) => isCopied).map(({ key }) => key);
        if (copied.length > 0) apply(await migrate('', keysOf(undefined, '', ...copied)));
        expect(await range()).toEqual(before);
        expect((await list()).datasets[0]).toMatchObject({ toCopy: BigInt(stored.length - copied.length) });
        setNames(CLEARING);
        const { keys } = (await list()).datasets[0]!;
        if (keys.length > 0) apply(await migrate('', keys));
        expect((await list()).datasets[0]).toMatchObject({ current: BigInt(stored.length), other: 0n, toCopy: 0n });
        setNames(DONE);
        expect(await range()).toEqual(before);
      }),
      { numRuns: 20 },
    );
  });

  it('travels in no batch', async () => {
    setNames(COPYING);
    const request = buildRequest(on.client, { body: { kind: RequestKind.MIGRATE_NAMES, args: [encodeMessage(MigrateNamesSchema, {})] } });
    const { items } = await on.test.node.executeBatch(create(BatchRequestSchema, { items: [request.sealed] }), new AbortController().signal);
    expect(request.open(items[0]!.response!).refusal?.code).toBe('BATCH_ITEM_DEFERRED');
  });
});

describe('who may have names migrated', () => {
  it('is an administrator of an owner', async () => {
    setNames(COPYING);
    store('a', 'one');
    for (const ask of [(change: RequestChange) => migrate('', keysOf(undefined, '', 'a'), { change }), (change: RequestChange) => sent(RequestKind.LIST_NAMES, [encodeMessage(NamesAskedSchema, {})], change)]) {
      expect(await refusal(ask({}))).toBeUndefined();
      expect(await refusal(ask({ signer: net.organisation('AuroraMSP').client.signer }))).toBe('RE_ENCRYPTION_DENIED');
      expect(await refusal(ask({ signer: net.organisation('NorthMSP').admin.signer }))).toBe('RE_ENCRYPTION_DENIED');
    }
  });

  it.each<[string, () => readonly Uint8Array[], string]>([
    ['no argument', () => [], 'MALFORMED_MESSAGE'],
    ['bytes that are no message', () => [Buffer.from([0xff])], 'MALFORMED_MESSAGE'],
    ['a key of another length', () => [encodeMessage(MigrateNamesSchema, { ledgerKeys: [randomBytes(31)] })], 'MALFORMED_MESSAGE'],
    ['a key twice', () => [encodeMessage(MigrateNamesSchema, { ledgerKeys: [keysOf(undefined, '', 'a')[0]!, keysOf(undefined, '', 'a')[0]!] })], 'MALFORMED_MESSAGE'],
    ['too many keys', () => [encodeMessage(MigrateNamesSchema, { ledgerKeys: Array.from({ length: LIMITS.maxReEncryptedKeys + 1 }, () => randomBytes(32)).sort(compareBytes) })], 'LIMIT_EXCEEDED'],
    ['a dataset that is none', () => [encodeMessage(MigrateNamesSchema, { dataset: 'other', ledgerKeys: keysOf(undefined, '', 'a') })], 'DATASET_UNKNOWN'],
  ])('does so with keys of a dataset: %s is refused', async (_what, args, code) => {
    setNames(COPYING);
    expect(await refusal(sent(RequestKind.MIGRATE_NAMES, args()))).toBe(code);
  });

  it.each<[string, () => readonly Uint8Array[], string]>([
    ['bytes that are no message', () => [Buffer.from([0xff])], 'MALFORMED_MESSAGE'],
    ['more keys than an answer holds', () => [encodeMessage(NamesAskedSchema, { maxKeys: LIMITS.maxListedKeys + 1 })], 'LIMIT_EXCEEDED'],
  ])('asks what there is: %s is refused', async (_what, args, code) => {
    expect(await refusal(sent(RequestKind.LIST_NAMES, args()))).toBe(code);
  });
});
