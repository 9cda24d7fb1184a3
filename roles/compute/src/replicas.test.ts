import { toHex } from '@selvedge/crypto';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import type { SealedResponse } from '@selvedge/protocol';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { BEHAVIOURS, createTestStore, openTestHost, type TestHost } from './chaincode/testdata/test-host.js';
import { buildRequest } from './client.test.support.js';
import { transactionSeed } from './domain/seeds.js';
import { createTestNode, type TestChaincode } from './node.test.support.js';
import { bytes, createSubmitter } from './submit.test.support.js';

let net: TestConsortium;
beforeAll(async () => {
  net = await createTestConsortium();
});

const KEYS = ['a', 'b', 'c', 'd', '\x00t\x001\x00'];

function chaincode(order: readonly string[]): TestChaincode {
  return async (state) => {
    for (const key of order) await state.getState('', key);
    await state.getRange('', 'a', 'c');
    for (const key of order) await state.putState('', key, bytes(`new ${key}`));
    return { payload: bytes('done'), event: { name: 'E', payload: bytes('p') } };
  };
}

/** Everything that must be equal on all replicas. */
function shared({ targetData }: SealedResponse): string[] {
  const { packets, sealedEvents } = targetData!.attachments!;
  return [...targetData!.cores, ...packets, ...sealedEvents].map(toHex);
}

describe('replicas', () => {
  it('give equal cores, packets and events for one request on one state, whatever the order of reads and writes', async () => {
    const on = createSubmitter(net, await net.issueComputeNode(), net.organisation('AuroraMSP').client.signer);
    const other = createTestNode({ net, certified: await net.issueComputeNode(), business: [on.business] });
    for (const key of KEYS.slice(0, 3)) on.store(key, key);
    const order = fc.shuffledSubarray(KEYS, { minLength: KEYS.length });
    await fc.assert(
      fc.asyncProperty(order, order, async (one, two) => {
        const request = buildRequest(on.client);
        on.test.chaincode = chaincode(one);
        other.chaincode = chaincode(two);
        const [first, second] = [await on.test.execute(request), await other.execute(request)];
        expect(shared(first)).toEqual(shared(second));
        expect(shared(first)).toHaveLength(1 + KEYS.length + 1);
        expect(toHex(first.salt)).not.toBe(toHex(second.salt));
      }),
      { numRuns: 12 },
    );
  });
});

describe('time and chance', () => {
  it('follow from the request and the contract’s random key, which the client does not hold', async () => {
    const on = createSubmitter(net, await net.issueComputeNode(), net.organisation('AuroraMSP').client.signer);
    const seeds: Uint8Array[] = [];
    const noted: TestChaincode = async (state, invocation) => {
      seeds.push(invocation.seed);
      await state.putState('', 'a', bytes('v'));
      return {};
    };
    const { core, request } = await on.submit(noted);
    expect(toHex(seeds[0]!)).toBe(toHex(transactionSeed(net.contractKeys.randomKey, net.contract, core.requestDigest)));
    await on.test.execute(buildRequest(on.client, { body: { nonce: new Uint8Array(24).fill(3) } }));
    expect(toHex(seeds[1]!)).not.toBe(toHex(seeds[0]!));
    expect(toHex(request.txId)).not.toBe(toHex(seeds[0]!));
  });

  it('give byte-identical cores for a Node chaincode that draws both, on two nodes', async () => {
    const store = await createTestStore(BEHAVIOURS);
    const hosts = await Promise.all([openTestHost(store), openTestHost(store)]);
    /** The fixture's policy names another package; what runs is the one in the store. */
    const hostOf = ({ host, codeHash }: TestHost): TestHost['host'] => ({ ...host, invoke: (invocation, begin, signal) => host.invoke({ ...invocation, codeHash }, begin, signal) });
    try {
      const on = createSubmitter(net, await net.issueComputeNode(), net.organisation('AuroraMSP').client.signer);
      const nodes = await Promise.all(hosts.map(async (host) => createTestNode({ net, certified: await net.issueComputeNode(), business: [on.business], options: { host: hostOf(host) } })));
      const run = async (): Promise<string[][]> => {
        const request = buildRequest(on.client, { body: { args: [bytes('Determinism:store')] } });
        const answers = await Promise.all(nodes.map((node) => node.execute(request)));
        return answers.map(shared);
      };
      const [[one, two], [three]] = [await run(), await run()];
      expect(one).toEqual(two);
      expect(three).not.toEqual(one);
    } finally {
      await Promise.all(hosts.map((host) => host.close()));
      await store.remove();
    }
  });
});
