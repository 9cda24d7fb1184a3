import { randomBytes } from 'node:crypto';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { encodeMessage, LIMITS, OpenedEventsSchema, parseMessage, RequestKind, SealedEventOfSchema, type Response } from '@selvedge/protocol';
import { sealEvent } from '@selvedge/sealed-objects';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CertifiedNode, createFakeBusinessNode } from '@selvedge/tee-node/testing';
import { buildRequest } from './client.test.support.js';
import { createTestNode, type TestNode } from './node.test.support.js';

let net: TestConsortium;
let certified: CertifiedNode;
let test: TestNode;
const txId = randomBytes(32);

beforeAll(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode();
});
beforeEach(() => {
  net.setContractPolicy({ eventReaders: ['AuroraMSP'] });
  test = createTestNode({ net, certified, business: [createFakeBusinessNode('AuroraMSP')], chaincode: () => Promise.reject(new Error('nothing runs')) });
});

const seal = (change: { readonly contract?: string; readonly channel?: string; readonly keyEpoch?: bigint; readonly eventKey?: Uint8Array } = {}, name = 'Sold'): Uint8Array => {
  const { eventKey = net.contractKeys.eventKey, ...place } = change;
  return sealEvent({ suite: net.contractPolicy.suite, eventKey, header: { keyEpoch: 1n, channel: net.channel, contract: net.contract, txId, ...place }, name, payload: Buffer.from('payload') }).bytes;
};

async function ask(args: readonly Uint8Array[], mspId = 'AuroraMSP'): Promise<Response> {
  const setting = {
    network: net.network, channel: net.channel, contract: net.contract, profileDigest: net.profile.digest, suite: net.contractPolicy.suite,
    envelopePublicKey: net.envelopeKeys['P256-AES256GCM-SHA256'].publicKey, signer: net.organisation(mspId).client.signer, now: net.now,
  };
  const request = buildRequest(setting, { body: { kind: RequestKind.OPEN_EVENTS, args: [...args] } });
  const sealed = await test.execute(request);
  expect(sealed.targetData).toBeUndefined();
  return request.open(sealed);
}
const of = (sealedEvent: Uint8Array, of = txId): Uint8Array => encodeMessage(SealedEventOfSchema, { txId: of, sealedEvent });

describe('events of a contract', () => {
  it('are opened for an organisation that the manifest entitles', async () => {
    const { status, payload } = await ask([of(seal()), of(seal({}, 'Bought'))]);
    expect(status).toBe(200);
    const { events } = parseMessage(OpenedEventsSchema, payload, LIMITS.maxMessageBytes);
    expect(events.map(({ name, payload: each }) => [name, Buffer.from(each).toString()])).toEqual([['Sold', 'payload'], ['Bought', 'payload']]);
  });

  it('are opened for nobody else, not for one that owns the data either', async () => {
    for (const mspId of ['BorealisMSP', 'NorthMSP']) expect((await ask([of(seal())], mspId)).refusal?.code, mspId).toBe('EVENT_ACCESS_DENIED');
    net.setContractPolicy({ eventReaders: [] });
    expect((await ask([of(seal())])).refusal?.code).toBe('EVENT_ACCESS_DENIED');
    // Whether there is an event does not show either.
    expect((await ask([Buffer.from('x')])).refusal?.code).toBe('EVENT_ACCESS_DENIED');
  });

  it.each<[string, () => Uint8Array, string]>([
    ['another transaction', () => of(seal(), randomBytes(32)), 'STATE_FORGED'],
    ['another contract', () => of(seal({ contract: 'other' })), 'STATE_FORGED'],
    ['another channel', () => of(seal({ channel: 'other' })), 'STATE_FORGED'],
    ['an epoch without a key', () => of(seal({ keyEpoch: 2n })), 'KEY_EPOCH_UNKNOWN'],
    ['another key', () => of(seal({ eventKey: randomBytes(32) })), 'DECRYPT_FAILED'],
    ['a transaction id that is none', () => of(seal(), randomBytes(31)), 'MALFORMED_MESSAGE'],
    ['bytes that are no event', () => of(Buffer.from('x')), 'MALFORMED_MESSAGE'],
    ['bytes that are no argument', () => Buffer.from([0xff]), 'MALFORMED_MESSAGE'],
  ])('of %s are refused', async (_what, arg, code) => {
    expect((await ask([arg()])).refusal?.code).toBe(code);
  });

  it('that nobody asks for are none, and no chaincode runs', async () => {
    const { payload } = await ask([]);
    expect(parseMessage(OpenedEventsSchema, payload, LIMITS.maxMessageBytes).events).toEqual([]);
  });
});
