import { randomBytes } from 'node:crypto';
import { toHex } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { BUSINESS_MSP_IDS, createTestConsortium, ENDORSER_MSP_IDS, type TestConsortium } from '@selvedge/fixtures';
import { contentGuardKey, type StateAnswer } from '@selvedge/protocol';
import { verifySetStatement } from '@selvedge/set-digest';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFakeBusinessNode, type FakeBusinessNode } from '../testing/fake-business-node.js';
import type { FetchFailure } from '../domain/fetch-failure.js';
import { createPacketOpener, type StoredEntry } from '../domain/packet-opener.js';
import { heldKeysOf, type CertifiedNode } from '../testing/test-network.js';
import { placeOf, sealTestPacket } from '../testing/test-packets.js';
import type { ReadScope, SetContent, StateSource } from '../ports.js';
import { createFakeSetFollower, truthOf, type FakeSetFollower, type SetTruth } from '../testing/fake-set-follower.js';
import { createHistoryConfirmer } from './history-confirmer.js';
import { createSetConfirmer } from './set-confirmer.js';
import { createStateFetcher } from './state-fetcher.js';

const OWNERS = ['AuroraMSP', 'BorealisMSP'];
const RUBY = '\x00stone\x00ruby\x00';

let net: TestConsortium;
let certified: CertifiedNode;
let aurora: FakeBusinessNode;
let borealis: FakeBusinessNode;
let followers: FakeSetFollower[];
let truth: SetTruth;
let scope: ReadScope;
let refused: FetchFailure[];
let source: StateSource;

beforeAll(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode();
});
beforeEach(() => {
  aurora = createFakeBusinessNode('AuroraMSP');
  borealis = createFakeBusinessNode('BorealisMSP');
  for (const node of [aurora, borealis]) node.pageSize = 100;
  refused = [];
  truth = truthOf(aurora);
  const seen: SetTruth = { ...truth, entries: (asked) => truth.entries(asked), guardTxId: (asked) => truth.guardTxId(asked) };
  followers = [...ENDORSER_MSP_IDS, ...BUSINESS_MSP_IDS].map((mspId) => createFakeSetFollower(net, { mspId, signer: net.organisation(mspId).peer.signer, truth: seen }));
  scope = { contract: net.contract, signer: heldKeysOf(net, certified).signer(net.contractPolicy.suite), minHeight: 3n, profile: net.profile };
  source = createSource();
  for (const key of ['a', 'b', 'c', RUBY]) store(key);
});

const createSource = (): StateSource =>
  createStateFetcher({
    network: net.network, channel: net.channel, nodes: [aurora, borealis], clock: () => 0, onRefused: (failure) => refused.push(failure),
    confirmer: createSetConfirmer({ followers, onRefused: (failure) => refused.push(failure) }),
    historyConfirmer: createHistoryConfirmer({ followers: [] }),
  });
const store = (key: string, value = key, nodes = [aurora, borealis]): Uint8Array => {
  const packet = sealTestPacket(net, { key, value });
  for (const node of nodes) node.put('houses', packet.bytes);
  return packet.bytes;
};
const membership = (): Uint8Array => placeOf(net, '', 'a').membershipGuard;
const setGuard = (guardKey: Uint8Array, txId: Uint8Array = randomBytes(32)): void => {
  for (const node of [aurora, borealis]) node.setGuard('houses', '', guardKey, txId);
};
const opener = (datasetTag?: Uint8Array): ((packet: Uint8Array) => StoredEntry) => {
  const contract = { policy: net.contractPolicy, keys: heldKeysOf(net, certified).contract(net.contract)! };
  return (packet) => createPacketOpener(net.channel, 0).open(packet, contract, { dataset: '', datasetTag });
};
const readSet = (owners = ['AuroraMSP'], from = source): Promise<SetContent<StoredEntry>> => {
  const { datasetTag, membershipGuard } = placeOf(net, '', 'a');
  return from.readSet(scope, { ownerSet: 'houses', owners, dataset: '', datasetTag, guardKey: membershipGuard, confirm: true, open: opener(datasetTag) });
};
const readDataset = (owners = ['AuroraMSP']): Promise<SetContent<StoredEntry>> =>
  source.readDataset(scope, { ownerSet: 'houses', owners, dataset: '', guardKey: contentGuardKey(net.contract, ''), confirm: true, open: opener() });
async function refusal(promise: Promise<unknown>): Promise<[string, string]> {
  const error: unknown = await promise.catch((caught: unknown) => caught);
  if (!isSelvedgeError(error)) throw new Error('no refusal');
  return [error.code, error.message];
}
const askedFor = (): number => followers.reduce((sum, { asked }) => sum + asked.length, 0);
/** What a business node can do to the packets that it serves. */
const changePackets = (node: FakeBusinessNode, change: (packets: Uint8Array[]) => Uint8Array[]): void => {
  node.tamper = (answer: StateAnswer) => ({ ...answer, sets: answer.sets.map((set) => ({ ...set, packets: change([...set.packets]) })) });
};
const named = expect.stringContaining('AuroraMSP at AuroraMSP:7001: STATE_FORGED') as string;

describe('a set that is confirmed', () => {
  it('comes with equal statements of a quorum, of the height and guard that it was read at', async () => {
    const guard = randomBytes(32);
    setGuard(membership(), guard);
    const { entries, statements } = await readSet();
    expect(entries.map(({ key }) => key).sort()).toEqual(['a', 'b', 'c']);
    const verified = statements.map((statement) => verifySetStatement(statement, net.profile));
    expect(new Set(verified.map(({ mspId }) => mspId)).size).toBe(net.profile.message.viewQuorum);
    for (const { digest } of verified) expect([digest.height, toHex(digest.guardTxId), digest.count]).toEqual([5n, toHex(guard), 3n]);
  });

  it('may be a whole dataset, over all object types', async () => {
    const { entries, statements } = await readDataset();
    expect(entries).toHaveLength(4);
    expect(verifySetStatement(statements[0]!, net.profile).digest).toMatchObject({ count: 4n, datasetTag: new Uint8Array(0) });
  });

  it('is asked for once while its guard stands, also where entries got new values', async () => {
    await readSet();
    const before = askedFor();
    store('a', 'newer');
    expect((await readSet()).statements).toHaveLength(3);
    expect(askedFor()).toBe(before);
    setGuard(membership());
    store('d');
    await readSet();
    expect(askedFor()).toBeGreaterThan(before);
  });

  it('is asked for once by all who read it at the same time', async () => {
    await Promise.all([readSet(), readSet(), readSet()]);
    expect(followers.map(({ asked }) => asked.length)).toEqual(followers.map(() => 1));
  });

  it('may be read over several pages', async () => {
    aurora.pageSize = 1;
    expect((await readSet()).entries).toHaveLength(3);
  });
});

describe('a business node that does not serve the set', () => {
  const tampering: [string, (packets: Uint8Array[]) => Uint8Array[]][] = [
    ['leaves out an entry', (packets) => packets.slice(1)],
    ['leaves out all entries', () => []],
    ['adds an entry', (packets) => packets.flatMap((packet, i) => (i === 0 ? [store('aa', 'x', []), packet] : [packet])).sort((a, b) => Buffer.compare(opener()(a).ledgerKey, opener()(b).ledgerKey))],
    ['repeats an entry', (packets) => [packets[0]!, ...packets]],
    ['swaps an entry for an older one', (packets) => packets.map((packet, i) => (i === 0 ? store(opener()(packet).key, 'old', []) : packet))],
    ['swaps an entry for another', (packets) => packets.map((packet, i) => (i === 0 ? store('zz', 'x', []) : packet)).sort((a, b) => Buffer.compare(opener()(a).ledgerKey, opener()(b).ledgerKey))],
  ];

  it.each(tampering)('because it %s of a range is caught and named, and another owner is asked', async (_what, change) => {
    changePackets(aurora, change);
    expect(await refusal(readSet())).toEqual(['STATE_FORGED', named]);
    expect((await readSet(OWNERS)).entries).toHaveLength(3);
    expect(refused.map(({ mspId, error }) => [mspId, error.code])).toContainEqual(['AuroraMSP', 'STATE_FORGED']);
  });

  it.each(tampering)('because it %s of a dataset is caught and named', async (_what, change) => {
    changePackets(aurora, change);
    expect(await refusal(readDataset())).toEqual(['STATE_FORGED', named]);
  });

  it.each(tampering)('because it %s, though the set was confirmed before, is caught', async (what, change) => {
    await readSet();
    await readDataset();
    changePackets(aurora, change);
    expect((await refusal(readDataset()))[0]).toBe('STATE_FORGED');
    // An older value of a range's entry is in the read set, which is checked at the commit.
    if (what !== 'swaps an entry for an older one') expect((await refusal(readSet()))[0]).toBe('STATE_FORGED');
  });

  it('but an older one, with its guard, is caught', async () => {
    const old = randomBytes(32);
    setGuard(membership(), old);
    const [first] = truth.entries({ contract: net.contract, ownerSet: 'houses', dataset: '', datasetTag: placeOf(net, '', 'a').datasetTag, height: 5n });
    borealis.remove('houses', '', first!.ledgerKey);
    aurora.setGuard('houses', '', membership(), randomBytes(32));
    expect((await refusal(readSet(['BorealisMSP'])))[0]).toBe('STATE_FORGED');
    borealis.tamper = (answer) => ({ ...answer, guards: [{ $typeName: 'selvedge.v1.GuardAnswer', txId: aurora.guardOf('houses', '', membership()) }] });
    expect((await refusal(readSet(['BorealisMSP'])))[0]).toBe('STATE_FORGED');
  });

  it('but all of it under another guard is caught: its guard is what the commit checks', async () => {
    setGuard(membership());
    aurora.tamper = (answer) => ({ ...answer, guards: answer.guards.map((guard) => ({ ...guard, txId: randomBytes(32) })) });
    expect(await refusal(readSet())).toEqual(['STATE_FORGED', named]);
  });

  it('and says that its pages are of several heights is caught where the set stood still', async () => {
    aurora.pageSize = 1;
    let height = 5n;
    aurora.tamper = (answer) => {
      height += 1n;
      return { ...answer, height, sets: answer.sets.map((set) => ({ ...set, packets: set.packets.map((packet) => (opener()(packet).key === 'b' ? store('b', 'old', []) : packet)) })) };
    };
    expect(await refusal(readSet())).toEqual(['STATE_FORGED', named]);
  });

  it('but a set that changed between its pages, is asked again', async () => {
    aurora.pageSize = 1;
    const first = truth;
    const before = new Map([5n].map((height) => [height, first.entries({ contract: net.contract, ownerSet: 'houses', dataset: '', datasetTag: placeOf(net, '', 'a').datasetTag, height })]));
    truth = { ...first, entries: (asked) => before.get(asked.height) ?? first.entries(asked), guardTxId: (asked) => first.guardTxId(asked) };
    aurora.tamper = (answer) => {
      if (aurora.queries.length === 2) {
        for (const key of ['a', 'b', 'c']) store(key, 'newer');
        aurora.height = 6n;
      }
      return answer;
    };
    const { entries, statements } = await readSet();
    expect(entries.map(({ value }) => Buffer.from(value).toString())).toEqual(['newer', 'newer', 'newer']);
    expect(verifySetStatement(statements[0]!, net.profile).digest.height).toBe(6n);
    expect(refused).toEqual([]);
  });
});

describe('followers', () => {
  const of = (mspId: string): FakeSetFollower => followers.find((follower) => follower.mspId === mspId)!;
  const only = (...mspIds: string[]): void => {
    followers.filter(({ mspId }) => !mspIds.includes(mspId)).forEach((follower) => { follower.failure = new SelvedgeError('UNAVAILABLE', 'down'); });
  };

  it('that lie are outvoted while a quorum does not', async () => {
    for (const mspId of ['AuroraMSP', 'BorealisMSP']) of(mspId).lie = () => ({ root: new Uint8Array(32) });
    expect((await readSet()).statements).toHaveLength(3);
  });

  it('that lie are named where no quorum agrees', async () => {
    only('NorthMSP', 'SouthMSP', 'EastMSP');
    of('EastMSP').lie = () => ({ count: 9n });
    expect(await refusal(readSet())).toEqual(['SET_DIGEST_UNCONFIRMED', expect.stringContaining('NorthMSP and SouthMSP differ from EastMSP')]);
  });

  it('below a quorum do not confirm anything; those that failed are named with their code', async () => {
    only('NorthMSP', 'SouthMSP');
    of('EastMSP').failure = new SelvedgeError('SET_DIGEST_HEIGHT_UNKNOWN', 'too far');
    const [code, message] = await refusal(readSet());
    expect(code).toBe('SET_DIGEST_UNCONFIRMED');
    expect(message).toContain('EastMSP at EastMSP:7002: SET_DIGEST_HEIGHT_UNKNOWN');
  });

  it('of owners alone do not confirm anything', async () => {
    only('NorthMSP', 'AuroraMSP', 'BorealisMSP');
    expect((await readSet([...OWNERS])).statements).toHaveLength(3);
    expect((await refusal(createSource().readSet(scope, { ownerSet: 'houses', owners: [...OWNERS, 'NorthMSP'], dataset: '', datasetTag: placeOf(net, '', 'a').datasetTag, guardKey: membership(), confirm: true, open: opener() })))[0]).toBe('SET_DIGEST_UNCONFIRMED');
  });

  it.each<[string, (follower: FakeSetFollower) => void]>([
    ['for another organisation', (follower) => { follower.signer = net.organisation('NorthMSP').peer.signer; }],
    ['by a client', (follower) => { follower.signer = net.organisation('EastMSP').client.signer; }],
    ['of another height', (follower) => { follower.lie = ({ height }) => ({ height: height + 1n }); }],
    ['of another tag', (follower) => { follower.lie = () => ({ datasetTag: new Uint8Array(0) }); }],
    ['of another dataset', (follower) => { follower.lie = () => ({ dataset: 'auroraStones' }); }],
    ['of another owner set', (follower) => { follower.lie = () => ({ ownerSet: 'aurora' }); }],
    ['of another contract', (follower) => { follower.lie = () => ({ contract: 'rubies' }); }],
  ])('that speak %s do not count', async (_what, change) => {
    only('NorthMSP', 'SouthMSP', 'EastMSP');
    change(of('EastMSP'));
    expect((await refusal(readSet()))[0]).toBe('SET_DIGEST_UNCONFIRMED');
    expect(refused.find(({ mspId }) => mspId === 'EastMSP')?.error.code).toBe('SET_DIGEST_INVALID');
  });

  it('of one organisation count once, and stand in for each other', async () => {
    only('NorthMSP', 'SouthMSP');
    followers.push(createFakeSetFollower(net, { mspId: 'NorthMSP', signer: net.organisation('NorthMSP').peer.signer, truth }));
    expect((await refusal(readSet(['AuroraMSP'], createSource())))[0]).toBe('SET_DIGEST_UNCONFIRMED');
    of('EastMSP').failure = undefined;
    of('NorthMSP').failure = new SelvedgeError('UNAVAILABLE', 'down');
    expect((await readSet(['AuroraMSP'], createSource())).statements).toHaveLength(3);
  });
});
