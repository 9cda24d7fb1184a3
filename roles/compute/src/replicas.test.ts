import { toHex } from '@selvedge/crypto';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import type { SealedResponse } from '@selvedge/protocol';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildRequest } from './client.test.support.js';
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
