import { randomBytes } from 'node:crypto';
import { SelvedgeError } from '@selvedge/errors';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { contentGuardKey, RequestKind } from '@selvedge/protocol';
import { parseDeclaredIndexes } from '@selvedge/rich-query';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CertifiedNode, createFakeBusinessNode, placeOf, viewOf } from '@selvedge/tee-node/testing';
import { buildRequest } from './client.test.support.js';
import { createTestNode } from './node.test.support.js';
import type { StateCalls } from './ports.js';
import { calls, createSubmitter, type Submitter } from './submit.test.support.js';

let net: TestConsortium;
let certified: CertifiedNode;
let on: Submitter;
/** Which one is read: the world state, or a collection. */
let dataset: string;
/** Pages of sets that business nodes have served since the last question. */
const pagesServed = (): number => on.business.queries.splice(0).filter(({ sets }) => sets.length > 0).length;

beforeAll(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode();
});
beforeEach(() => {
  dataset = '';
  setPolicy({});
  on = createSubmitter(net, certified, net.organisation('AuroraMSP').client.signer);
  on.business.pageSize = 100;
  for (let size = 0; size < 6; size += 1) on.store(`k${String(size)}`, stone('red', size));
  write();
});
afterEach(() => {
  net.restore();
});

const stone = (color: string, size: number): string => JSON.stringify({ color, size });
const setPolicy = (change: { readonly contentGuard?: boolean; readonly blockToLive?: bigint; readonly policyVersion?: bigint }): void => {
  const { policyVersion, contentGuard = true, blockToLive = 0n } = change;
  const datasets = [
    { name: '', ownerSet: 'houses', contentGuard },
    { name: 'auroraStones', ownerSet: 'aurora', contentGuard, members: ['AuroraMSP'], blockToLive },
  ];
  net.setContractPolicy({ datasets, ...(policyVersion === undefined ? {} : { policyVersion }) });
};
const ownerSet = (): string => (dataset === '' ? 'houses' : 'aurora');
/** What a transaction does to the content guard. */
const write = (): void => { on.business.setGuard(ownerSet(), dataset, contentGuardKey(net.contract, dataset), randomBytes(32)); };
const RED = JSON.stringify({ selector: { color: 'red' } });
const query = async (state: StateCalls, text = RED): Promise<string[]> => (await state.query(dataset, { text, pageSize: undefined, bookmark: '' })).entries.map(({ key }) => key);
const range = async (state: StateCalls): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key, value } of await state.getRange(dataset, 'k', 'l')) keys.push(`${key}=${Buffer.from(value).toString()}`);
  return keys;
};

async function evaluate(read: (state: StateCalls) => Promise<string[]>): Promise<string[]> {
  let found: string[] | undefined;
  const { response } = await on.submit(calls(async (state) => { found = await read(state); }), { body: { kind: RequestKind.EVALUATE } });
  if (found === undefined) throw new Error(`${response.refusal?.code ?? ''} ${response.message}`);
  return found;
}

describe.each([['a rich query', query], ['a range', range]] as const)('%s that is repeated', (_name, read) => {
  it('fetches no entry again while the content guard stands', async () => {
    const first = await evaluate(read);
    expect(pagesServed()).toBe(1);
    for (let time = 0; time < 3; time += 1) expect(await evaluate(read)).toEqual(first);
    expect(on.business.queries.map(({ sets, points, guards }) => [sets.length, points.length, guards.length])).toEqual([0, 1, 2].map(() => [0, 0, read === range ? 2 : 1]));
    expect(pagesServed()).toBe(0);
  });

  it('sees what was inserted, changed and deleted since', async () => {
    await evaluate(read);
    on.store('k9', stone('red', 9));
    write();
    expect((await evaluate(read)).some((key) => key.startsWith('k9'))).toBe(true);
    on.store('k9', stone('blue', 9));
    write();
    expect((await evaluate(read)).filter((key) => key.startsWith('k9'))).toEqual(read === range ? [`k9=${stone('blue', 9)}`] : []);
    on.business.remove('houses', '', placeOf(net, '', 'k1').ledgerKey);
    write();
    expect((await evaluate(read)).some((key) => key.startsWith('k1'))).toBe(false);
    expect(pagesServed()).toBe(4);
  });

  it.each([
    ['keeps no content guard', { contentGuard: false }],
    ['has entries that end by themselves', { blockToLive: 10n }],
  ])('is fetched anew where the dataset %s', async (_name, change) => {
    dataset = 'auroraStones';
    setPolicy(change);
    on = createSubmitter(net, certified, net.organisation('AuroraMSP').client.signer);
    write();
    expect(await evaluate(read)).toEqual([]);
    on.store('k1', stone('red', 1), dataset, ownerSet());
    expect(await evaluate(read)).toHaveLength(1);
    expect(pagesServed()).toBe(2);
  });

  it('is fetched anew where the guard was never written', async () => {
    on = createSubmitter(net, certified, net.organisation('AuroraMSP').client.signer);
    expect(await evaluate(read)).toEqual([]);
    on.store('k1', stone('red', 1));
    expect(await evaluate(read)).toHaveLength(1);
  });

  it('is fetched anew under another version of the policy: the guard may have been off in between', async () => {
    await evaluate(read);
    on.store('k9', stone('red', 9));
    setPolicy({ policyVersion: net.contractPolicy.policyVersion + 2n });
    on.test.view = viewOf(net);
    expect((await evaluate(read)).some((key) => key.startsWith('k9'))).toBe(true);
  });

  it('is refused from a node that lags, kept or not', async () => {
    await evaluate(read);
    on.test.view = { ...on.test.view, height: on.business.height + 17n };
    await expect(evaluate(read)).rejects.toThrow('STATE_BEHIND');
  });

  it('is fetched anew where nothing may be kept', async () => {
    const test = createTestNode({ net, certified, business: [on.business], options: { keptSetBytes: 0 }, chaincode: calls(read) });
    for (let time = 0; time < 2; time += 1) {
      const request = buildRequest(on.client, { body: { kind: RequestKind.EVALUATE } });
      expect(request.open(await test.execute(request)).refusal).toBeUndefined();
    }
    expect(pagesServed()).toBe(2);
  });

  it('rests on statements of a quorum in a submit, kept or not', async () => {
    await evaluate(read);
    pagesServed();
    const { section, targetData } = await on.submit(calls(read));
    expect(pagesServed()).toBe(0);
    expect(section.guardsRead).toHaveLength(1);
    expect(section.reads).toHaveLength(6);
    expect(targetData!.attachments!.statements).toHaveLength(3);
  });

  it('is fetched anew when the content guard changed between two of its pages', async () => {
    // The guard that a rich query rests on must stand anyway; that of a range may stand while values change.
    on.business.pageSize = 4;
    let pages = 0;
    on.business.tamper = (answer) => {
      pages += 1;
      if (pages === 1) {
        on.store('k0', stone('red', 100));
        write();
      }
      return answer;
    };
    const guard = contentGuardKey(net.contract, '');
    const before = on.business.guardOf('houses', '', guard);
    await evaluate(read);
    expect(pagesServed()).toBe(read === range ? 2 : 4);
    // A node that goes back to the earlier height is not served a set of two moments as that height's.
    on.business.setGuard('houses', '', guard, before);
    await evaluate(read);
    expect(pagesServed()).toBe(2);
  });

  it('asks each business node for its own', async () => {
    const borealis = createFakeBusinessNode('BorealisMSP');
    borealis.pageSize = 100;
    const guard = contentGuardKey(net.contract, '');
    borealis.setGuard('houses', '', guard, on.business.guardOf('houses', '', guard));
    on.store('k7', stone('red', 7));
    const test = createTestNode({ net, certified, business: [on.business, borealis], chaincode: calls(async (state) => { found = await read(state); }) });
    let found: string[] = [];
    const evaluateThere = async (): Promise<number> => {
      const request = buildRequest(on.client, { body: { kind: RequestKind.EVALUATE } });
      expect(request.open(await test.execute(request)).refusal).toBeUndefined();
      return found.length;
    };
    expect(await evaluateThere()).toBe(7);
    on.business.failure = new SelvedgeError('UNAVAILABLE', 'down');
    // It holds none: what the first one served is not its answer.
    expect(await evaluateThere()).toBe(0);
  });

  it('does not make a submit of what an evaluate was served incomplete', async () => {
    on.business.tamper = (answer) => ({ ...answer, sets: answer.sets.map((set) => ({ ...set, packets: set.packets.slice(1) })) });
    expect(await evaluate(read)).toHaveLength(5);
    const lying = await on.submit(calls(read));
    expect(lying.response.refusal).toMatchObject({ code: 'STATE_FORGED', message: expect.stringContaining('AuroraMSP at AuroraMSP:7001') as string });
    on.business.tamper = (answer) => answer;
    expect((await on.submit(calls(read))).section.reads).toHaveLength(6);
    expect(await evaluate(read)).toHaveLength(6);
  });
});

it('gives the same by a declared index as by the scan of the first time', async () => {
  on.test.indexes = parseDeclaredIndexes([{ path: 'META-INF/statedb/couchdb/indexes/size.json', text: '{"index":{"fields":["size"]}}' }]);
  const largest = JSON.stringify({ selector: { size: { $gte: 3 } }, sort: [{ size: 'desc' }] });
  for (let time = 0; time < 3; time += 1) expect(await evaluate((state) => query(state, largest))).toEqual(['k5', 'k4', 'k3']);
  expect(pagesServed()).toBe(1);
});
