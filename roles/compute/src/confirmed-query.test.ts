import { SelvedgeError } from '@selvedge/errors';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { contentGuardKey, membershipGuardKey, RequestKind, type Response } from '@selvedge/protocol';
import { type CertifiedNode, createFakeBusinessNode, type FakeBusinessNode, placeOf, sealTestPacket } from '@selvedge/tee-node/testing';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildRequest, type RequestChange } from './client.test.support.js';
import { createKeptPoints, type KeptPoints } from './domain/kept-points.js';
import { createTestNode, type TestNode } from './node.test.support.js';
import type { ServingNode } from '@selvedge/tee-node';
import type { StateCalls } from './ports.js';
import { calls, clientOf } from './submit.test.support.js';

const SET = 'houses';
const byte = (value: number): Uint8Array => new Uint8Array(32).fill(value);

let net: TestConsortium;
let certified: CertifiedNode;
/** What the followers see, and a business node that answers from it or from a state of its own. */
let truth: FakeBusinessNode;
let aurora: FakeBusinessNode;
let borealis: FakeBusinessNode;
let test: TestNode;
let named: ServingNode[];

beforeAll(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode();
});
beforeEach(() => {
  net.restore();
  net.state.height = 5n;
  named = [];
  [truth, aurora, borealis] = [createFakeBusinessNode('NobodyMSP'), createFakeBusinessNode('AuroraMSP'), createFakeBusinessNode('BorealisMSP')];
  start([aurora]);
  store([truth, aurora, borealis], 'k', 'one');
});

function start(nodes: readonly FakeBusinessNode[], options: { readonly keptPoints?: KeptPoints } = {}): void {
  // The truth is the first, and an owner of nothing.
  test = createTestNode({ net, certified, business: [truth, ...nodes], options: { onRolledBack: (node) => named.push(node), ...options } });
}
/** One version, at each of these nodes. */
const store = (nodes: readonly FakeBusinessNode[], key: string, value: string): void => {
  const { bytes } = sealTestPacket(net, { key, value });
  for (const node of nodes) node.put(SET, bytes);
};
const ask = async (read: (state: StateCalls) => Promise<unknown>, confirmQuorum = 2, change: RequestChange['body'] = {}): Promise<Response> => {
  test.chaincode = calls(read);
  const request = buildRequest(clientOf(net, net.organisation('AuroraMSP').client.signer), { body: { kind: RequestKind.EVALUATE, confirmQuorum, ...change } });
  return request.open(await test.execute(request));
};
const valueOf = async (key = 'k', confirmQuorum = 2): Promise<{ value: string | undefined; response: Response }> => {
  let value: Uint8Array | undefined;
  const response = await ask(async (state) => { value = await state.getState('', key); }, confirmQuorum);
  return { value: value === undefined ? undefined : Buffer.from(value).toString(), response };
};
const refusal = async (answer: Promise<{ response: Response }>): Promise<string | undefined> => (await answer).response.refusal?.code;

describe('a query that asks to be confirmed', () => {
  it('is answered with the height at which all that it read stood, and who signed that', async () => {
    const { value, response } = await valueOf();
    expect(value).toBe('one');
    expect(response.confirmation).toMatchObject({ height: 5n, mspIds: ['EastMSP', 'NorthMSP', 'SouthMSP'] });
    expect((await valueOf('k', 0)).response.confirmation).toBeUndefined();
  });

  it('confirms that a key is absent, too', async () => {
    expect((await valueOf('nothing')).response.confirmation?.height).toBe(5n);
    store([truth], 'nothing', 'something');
    expect(await refusal(valueOf('nothing'))).toBe('STATE_ROLLED_BACK');
  });

  it('is not answered from memory, and leaves nothing there', async () => {
    const keptPoints = createKeptPoints({ maxBytes: 1e6, clock: () => 0 });
    keptPoints.advance({ from: 0n, to: 5n, changes: undefined });
    for (const node of [truth, aurora]) node.height = 5n;
    start([aurora], { keptPoints });
    const asked = async (confirmQuorum: number): Promise<number> => {
      const before = aurora.queries.length;
      expect((await valueOf('k', confirmQuorum)).value).toBe('one');
      return aurora.queries.length - before;
    };
    // A plain one fills the memory, and is answered from it.
    expect([await asked(0), await asked(0), await asked(2), await asked(2), await asked(0)]).toEqual([1, 0, 1, 1, 1]);
  });

  it('is refused by the name of the business node that keeps serving what was replaced; a plain one is answered', async () => {
    store([truth], 'k', 'two');
    const { response } = await valueOf();
    expect(response.refusal).toMatchObject({ code: 'STATE_ROLLED_BACK', message: 'AuroraMSP at AuroraMSP:7001 serves what the ledger has replaced before height 5' });
    expect(named).toContainEqual({ mspId: 'AuroraMSP', address: 'AuroraMSP:7001' });
    expect((await valueOf('k', 0)).value).toBe('one');
  });

  it('is answered by another owner where there is one', async () => {
    start([aurora, borealis]);
    store([truth, borealis], 'k', 'two');
    expect((await valueOf()).value).toBe('two');
    expect((await valueOf()).response.confirmation?.height).toBe(5n);
  });

  it('waits for a node that catches up', async () => {
    const { bytes } = sealTestPacket(net, { key: 'k', value: 'two' });
    truth.put(SET, bytes);
    aurora.tamper = (answer) => {
      aurora.put(SET, bytes);
      return answer;
    };
    expect((await valueOf()).value).toBe('two');
    expect(named).toEqual([]);
  });

  it('is of one moment: it is run again where something changed before it was confirmed, and blames nobody for changes', async () => {
    let version = 0;
    // Between the answer and the confirmation the key always changes.
    aurora.tamper = (answer) => {
      version += 1;
      store([truth, aurora], 'k', String(version));
      return answer;
    };
    expect(await refusal(valueOf())).toBe('STALE_READ');
    expect(named).toEqual([]);
  });

  it('holds a set to its guard: one that lacks what was added is refused, though it was complete once', async () => {
    const { datasetTag } = placeOf(net, '', 'k');
    const guards = (node: FakeBusinessNode, value: number): void => {
      node.setGuard(SET, '', membershipGuardKey(datasetTag), byte(value));
      node.setGuard(SET, '', contentGuardKey(net.contract, ''), byte(value));
    };
    for (const node of [truth, aurora]) guards(node, 1);
    const range = (): Promise<Response> => ask((state) => state.getRange('', 'a', 'z'));
    expect((await range()).confirmation?.height).toBe(5n);
    store([truth], 'l', 'added');
    guards(truth, 2);
    // The digest of the old set is remembered under the old guard: what was complete then does not stand now.
    expect((await range()).refusal?.code).toMatch(/^STATE_(ROLLED_BACK|FORGED)$/);
  });

  it('is refused where too few organisations answer, or the network has fewer', async () => {
    for (const follower of test.followers.slice(1)) follower.failure = new SelvedgeError('UNAVAILABLE', 'gone');
    const { response } = await valueOf();
    expect(response.refusal).toMatchObject({ code: 'STATE_UNCONFIRMED', message: expect.stringContaining('SouthMSP at SouthMSP:7002: UNAVAILABLE') as string });
    expect(await refusal(valueOf('k', 100))).toBe('STATE_UNCONFIRMED');
  });

  it('counts an organisation once, and none that says another thing', async () => {
    const [north, south, east] = test.followers as [TestNode['followers'][0], TestNode['followers'][0], TestNode['followers'][0]];
    south.signer = north.signer;
    east.lieAboutReads = () => ({ stale: [0] });
    expect(await refusal(valueOf())).toBe('STATE_UNCONFIRMED');
  });

  it.each<[string, Parameters<TestNode['followers'][0]['lieAboutReads']>[0] extends infer T ? Partial<T> : never]>([
    ['another network', { network: 'other' }],
    ['another channel', { channel: 'other' }],
    ['other reads', { readsDigest: byte(9) }],
    ['another question', { nonce: byte(1).subarray(0, 16) }],
    ['a height below the view', { height: 4n }],
  ])('counts no statement of %s', async (_, change) => {
    for (const follower of test.followers.slice(1)) follower.lieAboutReads = () => change;
    expect(await refusal(valueOf())).toBe('STATE_UNCONFIRMED');
  });

  it('needs as many as it asks for, and never fewer than the network’s view quorum', async () => {
    const [, , east] = test.followers as [TestNode['followers'][0], TestNode['followers'][0], TestNode['followers'][0]];
    expect(net.profile.message.viewQuorum).toBe(3);
    expect(await refusal(valueOf('k', 4))).toBe('STATE_UNCONFIRMED');
    expect((await valueOf('k', 1)).value).toBe('one');
    east.failure = new SelvedgeError('UNAVAILABLE', 'gone');
    expect(await refusal(valueOf('k', 1))).toBe('STATE_UNCONFIRMED');
  });

  it('is no query of a whole dataset that keeps no content guard', async () => {
    const whole = (): Promise<Response> => ask((state) => state.query('', { text: '{"selector":{}}', pageSize: undefined, bookmark: '' }));
    expect((await whole()).refusal?.code).toBe('FEATURE_UNSUPPORTED');
    net.setContractPolicy({ datasets: net.contractPolicy.datasets.map((dataset) => ({ ...dataset, contentGuard: true })) });
    expect((await whole()).confirmation?.height).toBe(5n);
  });

  it('takes no key-level policies, and is no submit', async () => {
    net.setContractPolicy({ organisationMap: [{ chaincodeMspId: 'AuroraMSP', endorserMspId: 'NorthMSP' }] });
    expect((await ask((state) => state.getKeyPolicy('', 'k'))).refusal?.code).toBe('FEATURE_UNSUPPORTED');
    expect((await ask((state) => state.getState('', 'k'), 2, { kind: RequestKind.SUBMIT })).refusal?.code).toBe('FEATURE_UNSUPPORTED');
  });
});
