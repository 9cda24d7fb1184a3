import { toHex } from '@selvedge/crypto';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { entryMark, RequestKind } from '@selvedge/protocol';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CertifiedNode, createFakeBusinessNode, type FakeBusinessNode, placeOf, sealTestPacket, viewOf } from '@selvedge/tee-node/testing';
import { buildRequest } from './client.test.support.js';
import { createKeptPoints, type KeptPoints } from './domain/kept-points.js';
import { createTestNode, type TestNode } from './node.test.support.js';
import type { StateCalls } from './ports.js';
import { calls, clientOf } from './submit.test.support.js';

let net: TestConsortium;
let certified: CertifiedNode;
let business: FakeBusinessNode;
let points: KeptPoints;
let test: TestNode;
/** Height of the ledger, and of the node's view. */
let height: bigint;

beforeAll(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode();
});
beforeEach(() => {
  net.restore();
  height = 5n;
  net.state.height = height;
  start();
  store('k', 'one');
});

function start(maxBytes = 1e6): void {
  points = createKeptPoints({ maxBytes, clock: () => 0 });
  points.advance({ from: 0n, to: height, changes: undefined });
  business = createFakeBusinessNode('AuroraMSP');
  business.height = height;
  test = createTestNode({ net, certified, business: [business], options: { keptPoints: points } });
}
const store = (key: string, value: string, dataset = '', ownerSet = 'houses'): void => {
  business.put(ownerSet, sealTestPacket(net, { dataset, key, value }).bytes);
};
const markOf = (key: string, dataset = '', ownerSet = 'houses'): string => toHex(entryMark(net.contract, ownerSet, placeOf(net, dataset, key).ledgerKey));
/** A block that changes keys; the node sees it with its next view. */
const commit = (...keys: string[]): (() => void) => {
  const from = height;
  height += 1n;
  business.height = height;
  return () => {
    points.advance({ from, to: from + 1n, changes: [keys.map((key) => markOf(key))] });
    test.view = { ...test.view, height: from + 1n };
  };
};
const run = async (kind: RequestKind, read: (state: StateCalls) => Promise<unknown>, leastHeight = 0n): Promise<void> => {
  test.chaincode = calls(read);
  const request = buildRequest(clientOf(net, net.organisation('AuroraMSP').client.signer), { body: { kind, leastHeight } });
  const response = request.open(await test.execute(request));
  if (response.status !== 200) throw new Error(response.refusal?.code ?? response.message);
};
const evaluate = async (leastHeight = 0n, dataset = '', kind = RequestKind.EVALUATE): Promise<string | undefined> => {
  let value: Uint8Array | undefined;
  await run(kind, async (state) => { value = await state.getState(dataset, 'k'); }, leastHeight);
  return value && Buffer.from(value).toString();
};
/** Messages to the business node since the last look. */
const messages = (): number => business.queries.splice(0).length;

describe('a point query that is repeated', () => {
  it('costs no message to any business node, of a key that is there or is not', async () => {
    for (const expected of ['one', undefined]) {
      expect(await evaluate()).toBe(expected);
      expect(messages()).toBe(1);
      for (let time = 0; time < 5; time += 1) expect(await evaluate()).toBe(expected);
      expect(messages()).toBe(0);
      business.remove('houses', '', placeOf(net, '', 'k').ledgerKey);
      commit('k')();
    }
  });

  it('stays without one while blocks change other keys, and asks once after one that changes it', async () => {
    await evaluate();
    commit('other')();
    messages();
    expect([await evaluate(), messages()]).toEqual(['one', 0]);
    store('k', 'two');
    commit('other', 'k')();
    expect([await evaluate(), messages()]).toEqual(['two', 1]);
    expect([await evaluate(), messages()]).toEqual(['two', 0]);
  });

  it('does not miss what its client knows to be committed, though the view is behind', async () => {
    await evaluate();
    store('k', 'two');
    const see = commit('k');
    messages();
    // Another client, who knows nothing of it, may get what the view's height has.
    expect([await evaluate(), messages()]).toEqual(['one', 0]);
    expect([await evaluate(height), messages()]).toEqual(['two', 1]);
    see();
    expect(await evaluate(height)).toBe('two');
    messages();
    expect([await evaluate(height), messages()]).toEqual(['two', 0]);
  });

  it('asks again when the ledger view has grown old, and when the blocks in between are not known', async () => {
    await evaluate();
    messages();
    test.view = { ...test.view, ageMs: () => 2_501 };
    expect([await evaluate(), messages()]).toEqual(['one', 1]);
    test.view = { ...test.view, ageMs: () => 2_500 };
    expect([await evaluate(), messages()]).toEqual(['one', 0]);
    store('k', 'two');
    points.advance({ from: height, to: height + 100n, changes: undefined });
    expect([await evaluate(), messages()]).toEqual(['two', 1]);
  });

  it('asks a node that lags, and does not keep what it says', async () => {
    commit('k')();
    business.height = height - 1n;
    for (let time = 0; time < 2; time += 1) expect([await evaluate(), messages()]).toEqual(['one', 1]);
  });

  it('keeps nothing of a write that is not committed', async () => {
    await evaluate();
    await run(RequestKind.SUBMIT, (state) => state.putState('', 'k', Buffer.from('never')));
    expect(await evaluate()).toBe('one');
  });

  it('never answers a submit, so that one that was refused for a stale read does not read the same again', async () => {
    await evaluate();
    messages();
    store('k', 'two');
    expect([await evaluate(0n, '', RequestKind.SUBMIT), messages()]).toEqual(['two', 1]);
    // What the submit read tells that the other is old, whatever the view knows yet.
    expect(await evaluate()).toBe('two');
  });

  it('asks under another version of the policy', async () => {
    await evaluate();
    messages();
    net.setContractPolicy({ policyVersion: net.contractPolicy.policyVersion + 1n });
    test.view = viewOf(net);
    expect([await evaluate(), messages()]).toEqual(['one', 1]);
  });

  it('asks for entries that end by themselves', async () => {
    net.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses' }, { name: 'auroraStones', ownerSet: 'aurora', members: ['AuroraMSP'], blockToLive: 10n }] });
    test.view = viewOf(net);
    store('k', 'ends', 'auroraStones', 'aurora');
    for (let time = 0; time < 2; time += 1) expect([await evaluate(0n, 'auroraStones'), messages()]).toEqual(['ends', 1]);
  });

  it('asks each time where nothing may be kept, and as long as there was no view', async () => {
    start(0);
    store('k', 'one');
    for (let time = 0; time < 2; time += 1) expect([await evaluate(), messages()]).toEqual(['one', 1]);
  });

  it('is counted in the node’s health', async () => {
    await evaluate();
    await evaluate();
    expect(test.node.health().kept).toMatchObject({ points: 1n, pointHits: 1n, sets: 0n });
    expect(test.node.health().kept?.pointBytes).toBeGreaterThan(1_000n);
  });
});
